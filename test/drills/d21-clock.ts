// D21: the calendar of a replica is wrong, from its start or all of a sudden. Leases go by the database's clock and timers
// by none that can be set, so nobody loses the lead, nothing times out early, and nothing is forgotten.

import { writeFile } from 'node:fs/promises';
import postgres from 'postgres';
import { everyOf } from '../../src/client/pages.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import { GRACE_S, type Load, startLoad } from './load.js';
import { faketimeLibrary } from './needs.js';
import { compareAll } from './oracles/final.js';
import { Watcher } from './oracles/watcher.js';
import type { Stage } from './stage.js';

const CLIENTS = 10;
const WARM_UP_MS = 4_000;
/** Longer than a lease, so that it would be lost if it went by this clock. */
const SKEWED_MS = 13_000;
/** Longer than it takes until the past is dropped next. */
const FAR_MS = 65_000;

export const drill: Drill = {
  name: 'D21',
  title: 'Clock',
  needs: ['postgres', 'faketime'],
  inject:
    'the clock of the leader jumps by an hour ahead, an hour back, thirty days ahead; a follower starts in next month, and jumps',
  expect: 'no lease theft, no early timeout, nothing forgotten, no negative durations',
  plants: {
    'lease-by-own-clock': 'the lease is taken to end by the clock of this machine',
    'past-by-own-clock': 'what is old is dropped by the clock of this machine',
  },
  async run(stage) {
    const server = await stage.postgres();
    const url = await server.createDatabase();
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const skews = [new Skew(stage.file('clock-1')), new Skew(stage.file('clock-2'))] as const;
    await skews[0].set('+0');
    await skews[1].set('+30d');
    const hosts = simulatedHosts(() => replicas.map(({ dataDir }) => dataDir));
    const replicas = await Promise.all(
      skews.map((skew, index) =>
        stage.replica(`virtdc-${index + 1}`, {
          environment: { ...hosts.environment, ...skew.environment },
          databaseUrl: url,
          ...(plant !== undefined && { sabotage: plant }),
        }),
      ),
    );
    for (const replica of replicas) await replica.start();
    const addresses = replicas.map(({ address }) => address);
    const client = stage.client(addresses[0] ?? '');
    await hosts.furnish(client);
    const watcher = new Watcher(stage, addresses[1] ?? '');
    const load = startLoad(stage, { hosts, addresses, clients: CLIENTS });
    await load.goOn(WARM_UP_MS);
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    stage.later(() => sql.end());
    const before = await leaseOf(sql);

    for (const [which, skew, lastsMs] of [
      [0, '+1h', SKEWED_MS],
      [0, '-1h', SKEWED_MS],
      [0, '+30d', FAR_MS],
      [0, '+0', SKEWED_MS],
      [1, '-1h', SKEWED_MS],
      [1, '+0', SKEWED_MS],
    ] as const) {
      stage.inject(`the clock of the ${which === 0 ? 'leader' : 'follower'} is at ${skew} for ${lastsMs / 1_000} s`);
      await skews[which].set(skew);
      await load.goOn(lastsMs);
    }
    const after = await leaseOf(sql);
    stage.check('the same leader under the same epoch', after === before, `${before}, then ${after}`);
    tellFailures(stage, load);
    await compareAll(stage, { client, hosts, load, watcher });
    await tellDurations(stage, client);
  },
};

/** What a process takes for the time, as long as it lives. */
class Skew {
  constructor(private readonly file: string) {}

  async set(offset: string): Promise<void> {
    await writeFile(this.file, `${offset}\n`);
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: faketimeLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_CACHE_DURATION: '1',
      // The calendar is set by people and by NTP; the monotonic clock by nobody.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }
}

async function leaseOf(sql: postgres.Sql): Promise<string> {
  const [row] = await sql`select holder, epoch from lease`;
  return `${row?.holder} under epoch ${row?.epoch}`;
}

/** An operation that was given up did so because a clock told it to: none may before its time by ours. */
function tellFailures(stage: Stage, { history }: Load): void {
  const askedAt = new Map<unknown, bigint>();
  const ends = new Map<string, number>();
  const early: string[] = [];
  for (const { op, args, call_ns, return_ns, result } of history.lines) {
    if (result === 'unknown' || result.code !== 'OK') continue;
    if (op !== 'wait') {
      askedAt.set(result.operation, call_ns);
      continue;
    }
    const end = [result.state, result.error].filter((part) => typeof part === 'string').join(' ');
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if (result.state !== 'OPERATION_STATE_FAILED') continue;
    const tookMs = Number(return_ns - (askedAt.get(args.operation) ?? return_ns)) / 1e6;
    // A guest that has not booted yet does not heed a shutdown: it is given its grace, and then up.
    const inTime = result.error === 'GUEST_DID_NOT_STOP' && tookMs >= GRACE_S * 1_000;
    if (!inTime) early.push(`${String(args.operation)} failed after ${Math.round(tookMs)} ms: ${String(result.error)}`);
  }
  const seen = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  stage.check('no operation is given up early', early.length === 0, early[0] ?? seen);
}

async function tellDurations(stage: Stage, client: PlainClient): Promise<void> {
  const operations = await everyOf(
    (pageToken) => client.operations.listOperations({ pageToken, pageSize: 1_000 }),
    (page) => page.operations,
  );
  const negative = operations.filter(
    ({ createTime, startTime, endTime }) =>
      (createTime !== undefined && startTime !== undefined && startTime < createTime) ||
      (startTime !== undefined && endTime !== undefined && endTime < startTime),
  );
  stage.check(
    'no operation ends before it begins',
    negative.length === 0,
    negative[0]?.name ?? `${operations.length} operations`,
  );
}
