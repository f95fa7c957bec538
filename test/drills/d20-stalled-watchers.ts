// D20: two hundred watchers stop reading while a hundred thousand changes are made. They cost the service little, delay
// nobody, and are ended with a place to go on from.

import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import type { WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { VirtdcError } from '../../src/client/error.js';
import { eventually } from '../eventually.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import type { Replica } from './replica.js';
import type { Stage } from './stage.js';

const STALLED = 200;
const FAST = 10;
const STREAMS_PER_CLIENT = 50;
const CHANGES = 100_000;
const GUESTS = 16;
const LANES = 16;
const RSS_MIB = 256;
const LAG_MS = 1_000;
/** After so long without a taker a watch is ended; a moment more until it is found. */
const ENDED_WITHIN_MS = 30_000 + 5_000;
/** Of those that are cut off, so many go on from where they were, and are looked at. */
const RESUMED = 5;

const PLANTS = {
  'watch-waits': 'nobody is ever cut off',
  'watch-hoards': 'each watcher is given all there is, whether it takes it or not',
};

export const drill: Drill = {
  name: 'D20',
  title: 'Stalled watchers',
  needs: ['postgres'],
  inject: `${STALLED} watchers stop reading, ${CHANGES.toLocaleString('en')} changes are made`,
  expect: `memory grows by at most ${RSS_MIB} MiB, fast watchers hear within ${LAG_MS / 1_000} s (p99), the stalled ones are ended within 30 s and go on where they were`,
  plants: PLANTS,
  async run(stage) {
    const plant = Object.keys(PLANTS).find((name) => stage.planted(name));
    const hosts = simulatedHosts(() => []);
    const databaseUrl = await (await stage.postgres()).createDatabase();
    const replica = await stage.replica('virtdc', {
      environment: { ...hosts.environment, VIRTDC_LOG_LEVEL: 'warn' },
      databaseUrl,
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    for (let guest = 0; guest < GUESTS; guest++) await client.placement.submitGuest(hosts.submission(`guest${guest}`));
    const fast = await Promise.all(Array.from({ length: FAST }, () => FastWatcher.start(stage, replica)));
    // Before anything is measured the service is as warm as it gets.
    await publish(client, CHANGES / 50);
    const stalled = await stall(stage, replica);
    const memory = new Memory(replica);
    const count = new Count(replica);
    stage.inject(`${STALLED} watchers read no more`);
    for (const one of fast) one.lagsMs.length = 0;
    await publish(client, CHANGES);
    const { revision } = await client.guests.listGuests({ pageSize: 1 });
    await eventually('the fast ones are told all', () => fast.every((one) => one.revision >= revision), {
      withinMs: 30_000,
    }).catch(() => undefined);
    await Promise.all([memory.stop(), count.stop()]);
    tell(stage, { fast, memory, count });
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    stage.later(() => sql.end());
    await goOn(stage, client, sql, stalled, revision);
  },
};

async function publish(client: PlainClient, changes: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < changes) {
      const setLabels = { madeUs: String(nowUs()) };
      await client.guests.updateGuest({ vmid: `guest${next++ % GUESTS}`, setLabels });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

class FastWatcher {
  readonly lagsMs: number[] = [];
  revision = 0n;
  failed: unknown;

  static async start(stage: Stage, replica: Replica): Promise<FastWatcher> {
    const watcher = new FastWatcher();
    const leaving = new AbortController();
    const client = stage.client(replica.address);
    const running = watcher.run(client, leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) watcher.failed = error;
    });
    stage.later(async () => {
      leaving.abort();
      await running;
    });
    await eventually('it watches', () => watcher.revision > 0n);
    return watcher;
  }

  private async run(client: PlainClient, signal: AbortSignal): Promise<void> {
    for await (const { revision, events } of client.guests.watchGuests({}, { signal })) {
      const atUs = nowUs();
      this.revision = revision;
      for (const { event } of events) {
        const madeUs = event?.$case === 'upserted' ? Number(event.value.labels.madeUs) : Number.NaN;
        if (madeUs > 0) this.lagsMs.push((atUs - madeUs) / 1_000);
      }
    }
  }
}

type Answers = AsyncIterator<WatchGuestsResponse>;

/** Each reads one answer, and then nothing. */
async function stall(stage: Stage, replica: Replica): Promise<Answers[]> {
  const stalled: Answers[] = [];
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  stage.later(() => leaving.abort());
  while (stalled.length < STALLED) {
    const client = stage.client(replica.address);
    const some = Array.from({ length: STREAMS_PER_CLIENT }, () =>
      client.guests.watchGuests({}, { signal: leaving.signal })[Symbol.asyncIterator](),
    );
    await Promise.all(some.map((answers) => answers.next()));
    stalled.push(...some);
  }
  return stalled;
}

/** Looks at something every so often. */
abstract class Looking {
  private ended = false;
  private readonly looking: Promise<void>;
  protected readonly since = performance.now();

  constructor(protected readonly replica: Replica) {
    this.looking = this.goOn();
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.looking;
  }

  protected abstract look(): Promise<void>;

  private async goOn(): Promise<void> {
    while (!this.ended) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await this.look();
    }
  }
}

class Memory extends Looking {
  firstMib: number | undefined;
  mostMib = 0;

  protected async look(): Promise<void> {
    const status = await readFile(`/proc/${this.replica.pid}/status`, 'utf8');
    const mib = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
    this.firstMib ??= mib;
    this.mostMib = Math.max(this.mostMib, mib);
  }
}

class Count extends Looking {
  watchers = Number.NaN;
  /** After how long there were none but the fast ones. */
  goneMs: number | undefined;

  protected async look(): Promise<void> {
    const text = await (await fetch(`http://${this.replica.httpAddress}/metrics`)).text();
    this.watchers = Number(/^virtdc_watchers (\d+)$/m.exec(text)?.[1]);
    if (this.watchers <= FAST) this.goneMs ??= performance.now() - this.since;
  }
}

interface Seen {
  readonly fast: readonly FastWatcher[];
  readonly memory: Memory;
  readonly count: Count;
}

function tell(stage: Stage, { fast, memory, count }: Seen): void {
  const lags = fast.flatMap(({ lagsMs }) => lagsMs).sort((a, b) => a - b);
  const at = (share: number): number => lags[Math.floor(lags.length * share)] ?? Number.POSITIVE_INFINITY;
  const grown = memory.mostMib - (memory.firstMib ?? 0);
  stage.check(
    `memory grows by at most ${RSS_MIB} MiB`,
    grown <= RSS_MIB,
    `by ${grown.toFixed(0)} MiB, from ${memory.firstMib?.toFixed(0)} MiB`,
  );
  const failed = fast.filter((one) => one.failed !== undefined);
  stage.check(
    `${FAST} fast watchers are told all, p99 within ${LAG_MS} ms`,
    failed.length === 0 && lags.length === FAST * CHANGES && at(0.99) <= LAG_MS,
    `${lags.length.toLocaleString('en')} events, p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, most ${at(1 - 1e-9).toFixed(0)} ms`,
  );
  const { goneMs = Number.POSITIVE_INFINITY, watchers } = count;
  stage.check(
    `all ${STALLED} that read nothing are ended within 30 s`,
    goneMs <= ENDED_WITHIN_MS,
    `after ${(goneMs / 1_000).toFixed(1)} s; ${watchers} watchers are left`,
  );
}

/** What was on its way is read, then the end; some go on from there. */
async function goOn(
  stage: Stage,
  client: PlainClient,
  sql: postgres.Sql,
  stalled: readonly Answers[],
  last: bigint,
): Promise<void> {
  const places = await Promise.all(stalled.map(drained));
  const good = places.filter(({ codeName, revision }) => codeName === 'RESOURCE_EXHAUSTED' && revision > 0n);
  stage.check(
    'each of them sees RESOURCE_EXHAUSTED, and has a revision to go on from',
    good.length === STALLED,
    `${good.length}, from ${places.reduce((most, { revision }) => (revision > most ? revision : most), 0n)} at most`,
  );
  let right = 0;
  for (const { revision } of good.slice(0, RESUMED)) {
    const told: number[] = [];
    for await (const answer of client.guests.watchGuests({ startRevision: revision })) {
      for (const event of answer.events) if (event.event?.$case === 'upserted') told.push(Number(event.revision));
      if (answer.revision >= last) break;
    }
    const logged = await sql`
      select revision from change_log where kind = 'guest' and revision > ${Number(revision)} order by revision`;
    if (logged.every((row, index) => Number(row.revision) === told[index])) right++;
  }
  stage.check(`${RESUMED} that go on are told what the log has`, right === RESUMED, `${right} are`);
}

async function drained(answers: Answers): Promise<{ readonly revision: bigint; readonly codeName: string }> {
  let revision = 0n;
  try {
    for (;;) {
      const { done, value } = await answers.next();
      if (done === true) return { revision, codeName: 'OK' };
      revision = value.revision;
    }
  } catch (error) {
    return { revision, codeName: error instanceof VirtdcError ? error.codeName : String(error) };
  }
}
