// D13: Postgres stops at once, stays away and comes back; then the answers to COMMIT are lost on their way. Callers are
// told within seconds, what was answered stays done, and what was in doubt is done once.

import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { addressOf, openProxy, through } from '../proxy.js';
import { attempt } from './attempts.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import { type Load, startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { operationsOnce } from './oracles/log.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Stage } from './stage.js';

const WARM_UP_MS = 8_000;
const PROBE_EVERY_MS = 100;
const NOTICED_WITHIN_MS = 5_000;
const ANSWERS_EATEN = 30;
const COMMITS = 'virtdc commits';
/** As grpc.health.v1 numbers them. */
const SERVING = 1;
const NOT_SERVING = 2;

export const drill: Drill = {
  name: 'D13',
  title: 'Database gone, answer to COMMIT lost',
  needs: ['postgres'],
  inject:
    'Postgres is stopped (immediate) or its postmaster killed, for a minute; then a proxy eats the answers to 30 commits',
  expect: 'UNAVAILABLE and NOT_SERVING within 5 s, recovery within 5 s; no acked work lost, none repeated',
  plants: {
    'acks-early': 'answers go out before the database has the batch',
    'forgets-requests': 'a request id means nothing',
    'health-stays': 'the health service is told nothing',
  },
  minutes: 1,
  async run(stage) {
    const server = await stage.postgres();
    const url = await server.createDatabase();
    let toEat = 0;
    const proxy = await openProxy(addressOf(url), {
      eats: (answer, hello) => toEat > 0 && hello.includes(COMMITS) && isCommitted(answer) && toEat-- > 0,
    });
    stage.later(() => proxy.close());
    const hosts = simulatedHosts(() => [replica.dataDir]);
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      databaseUrl: through(proxy, url),
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const health = new HealthLog(stage, client);
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const load = startLoad(stage, { hosts, addresses: [replica.address] });
    await load.goOn(WARM_UP_MS);

    const probe = new Probe(stage, client, load);
    const how = stage.seed % 2 === 1 ? 'immediate' : 'kill';
    stage.inject(`Postgres stops (${how}) for ${stage.loadMs / 1_000} s, after ${load.answered.length} mutations`);
    const goneAt = process.hrtime.bigint();
    await server.stop(how);
    await load.goOn(stage.loadMs);
    await server.start();
    const backAt = process.hrtime.bigint();
    stage.inject('Postgres is back');
    await load.goOn(2 * NOTICED_WITHIN_MS);
    await probe.stop();
    tellOutage(stage, load, health, goneAt, backAt);

    stage.inject(`the answers to ${ANSWERS_EATEN} commits are eaten`);
    toEat = ANSWERS_EATEN;
    await eventually('all answers are eaten', () => toEat === 0, { withinMs: 60_000 }).catch(() => undefined);
    stage.check(`${ANSWERS_EATEN} commits lost their answer`, toEat === 0, `${ANSWERS_EATEN - toEat} did`);
    await load.goOn(2_000);
    await compareAll(stage, { client, hosts, load, watcher, doubles });
    await operationsOnce(stage, load, url);
  },
};

/** What the server says at the end of a batch that wrote, and not what it says to a connection that begins. */
function isCommitted(answer: Buffer): boolean {
  return answer.includes('SELECT 1\0') && !answer.includes('?column?');
}

function tellOutage(stage: Stage, load: Load, health: HealthLog, goneAt: bigint, backAt: bigint): void {
  const lateMs = (at: bigint | undefined, after: bigint): number =>
    at === undefined ? Number.POSITIVE_INFINITY : Number(at - after) / 1e6;
  const down = lateMs(health.first(NOT_SERVING, goneAt), goneAt);
  const up = lateMs(health.first(SERVING, backAt), backAt);
  const within = (ms: number): boolean => ms <= NOTICED_WITHIN_MS;
  stage.check('NOT_SERVING within 5 s', within(down), `after ${Math.round(down)} ms`);
  stage.check('SERVING within 5 s of its return', within(up), `after ${Math.round(up)} ms`);
  const mutations = load.history.lines.filter(({ op }) => op !== 'wait' && op !== 'list');
  const away = mutations.filter(({ call_ns, return_ns }) => return_ns > goneAt && call_ns < backAt);
  const slowest = Math.max(...away.map(({ call_ns, return_ns }) => Number(return_ns - call_ns) / 1e6));
  const told = away.filter(({ code }) => code === 'UNAVAILABLE').length;
  stage.check(
    'callers are told UNAVAILABLE within 5 s',
    told > 0 && within(slowest),
    `${told} were, the last after ${Math.round(slowest)} ms`,
  );
  const accepted = mutations.find(
    ({ result, call_ns }) => call_ns > goneAt && result !== 'unknown' && result.code === 'OK',
  );
  const again = lateMs(accepted?.return_ns, backAt);
  stage.check('mutations are accepted within 5 s of its return', within(again), `after ${Math.round(again)} ms`);
}

/** Asks for a change ten times a second, all through the outage. */
class Probe {
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;

  constructor(stage: Stage, client: PlainClient, load: Load) {
    this.running = this.run(client, load);
    stage.later(() => this.stop());
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async run(client: PlainClient, load: Load): Promise<void> {
    for (let number = 1; !this.ending.signal.aborted; number++) {
      const strategy = number % 2 === 0 ? 'STRATEGY_BEST_FIT' : 'STRATEGY_WORST_FIT';
      const request = { strategy, requestId: `probe-${number}` } as const;
      await attempt(
        load.history,
        {
          client: 'probe',
          op: 'probe',
          args: request,
          call: (options) => client.placement.setClusterPolicy(request, options),
          told: ({ policy }) => ({ revision: policy?.revision }),
        },
        { giveUpMs: 0 },
      );
      await sleep(PROBE_EVERY_MS);
    }
  }
}

/** What the health service said when, kept over the whole drill. */
class HealthLog {
  private readonly said: { readonly at: bigint; readonly status: number }[] = [];

  constructor(stage: Stage, client: PlainClient) {
    const ending = new AbortController();
    const reading = this.read(client, ending.signal);
    stage.later(async () => {
      ending.abort();
      await reading;
    });
  }

  /** When it first said so after a time; that time, if it was so already. */
  first(status: number, after: bigint): bigint | undefined {
    const before = this.said.findLast(({ at }) => at <= after);
    if (before?.status === status) return after;
    return this.said.find((one) => one.at > after && one.status === status)?.at;
  }

  private async read(client: PlainClient, signal: AbortSignal): Promise<void> {
    try {
      for await (const { status } of client.health.watch({ service: '' }, { signal })) {
        this.said.push({ at: process.hrtime.bigint(), status });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
