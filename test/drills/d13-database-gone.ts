// D13: Postgres stops at once, stays away and comes back; then the answers to COMMIT are lost on their way. Callers are
// told within seconds, what was answered stays done, and what was in doubt is done once.

import postgres from 'postgres';
import { eventually } from '../eventually.js';
import { addressOf, openProxy, through } from '../proxy.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import { type Load, startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Stage } from './stage.js';

const WARM_UP_MS = 8_000;
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
  inject: 'Postgres is stopped (immediate) for a minute and started again; a proxy eats the answers to 30 commits',
  expect: 'UNAVAILABLE and NOT_SERVING within 5 s, recovery within 5 s; no acked work lost, none repeated',
  plants: {
    'acks-early': 'answers go out before the database has the batch',
    'forgets-requests': 'a request id means nothing',
    'unknown-is-done': 'a commit without an answer is taken for done',
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

    stage.inject(
      `Postgres stops (immediate) for ${stage.loadMs / 1_000} s, under ${load.answered.length} mutations so far`,
    );
    const goneAt = process.hrtime.bigint();
    await server.stop('immediate');
    await load.goOn(stage.loadMs);
    await server.start();
    const backAt = process.hrtime.bigint();
    stage.inject('Postgres is back');
    await load.goOn(2 * NOTICED_WITHIN_MS);
    tellOutage(stage, load, health, goneAt, backAt);

    stage.inject(`the answers to ${ANSWERS_EATEN} commits are eaten`);
    toEat = ANSWERS_EATEN;
    await eventually('all answers are eaten', () => toEat === 0, { withinMs: 60_000 }).catch(() => undefined);
    stage.check(`${ANSWERS_EATEN} commits lost their answer`, toEat === 0, `${ANSWERS_EATEN - toEat} did`);
    await load.goOn(2_000);
    await compareAll(stage, { client, hosts, load, watcher, doubles });
    await onceEach(stage, load, url);
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

/** Every operation that the log of changes ever saw was answered to a client, once. */
async function onceEach(stage: Stage, load: Load, url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const made =
      await sql`select distinct key from change_log where kind = 'operation' and after ->> 'principal' = 'local'`;
    const names = new Set(made.map(({ key }) => String(key)));
    const answered = new Set(load.answered.map(({ operation }) => operation));
    const lost = [...answered].filter((name) => !names.has(name));
    const extra = [...names].filter((name) => !answered.has(name));
    const ids = await sql`select request_id from request_ids group by request_id having count(*) > 1`;
    const seen = `${answered.size} operations answered, ${names.size} in the log, ${ids.length} request ids twice`;
    stage.check('one operation for each request', lost.length + extra.length + ids.length === 0, seen);
  } finally {
    await sql.end();
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
