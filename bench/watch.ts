// What a delivered event costs the server, and how late it is, with many watchers: virtdc beside etcd and a bare hub in Go,
// alternating in one run, all with the same watchers and as many publishers; and what readers cost that take nothing.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stamp, type Watched } from './blind-watchers.js';
import { memoryOf } from './process-figures.js';
import { median, ms, printTable, type Row, times } from './table.js';
import { type Contender, etcd, goHub, virtdc } from './watch-contenders.js';
import type { Order, Summary } from './watch-crowd.js';

const IN_FLIGHT = 16;
/** As etcd is asked in the measurements that the goals come from: at most 5,000 events/s over all watchers. */
const PACE = { eventsPerS: 5_000, mostPerS: 100, inFlight: 4, leastPublished: 60, s: 5 } as const;
const WARM_UP = { watchers: 1_000, changes: 2_000 } as const;
const QUIET_MS = 10_000;

/** Ratios to etcd in the same run. */
const GOALS = {
  cpu: 1 / 2,
  lag: new Map([
    [100, 1],
    [1_000, 1.5],
  ]),
  stalledMib: 1,
} as const;
const STALLED = { watchers: 1_000, changes: 2_000, labels: 60, labelChars: 63 } as const;

interface Figures {
  readonly cpuUs: number;
  /** With the database behind the server. */
  readonly cpuWithStoreUs: number;
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
}

type Mode = 'flood' | 'paced';

export async function watch(words: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...words],
    options: { peers: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const runs = values.quick ? 1 : 3;
  const contenders = [await virtdc(), await etcd(values.peers), await goHub(values.peers)].filter(
    (one) => one !== undefined,
  );
  const crowd = new Crowd();
  try {
    for (const contender of contenders) await warmUp(contender, crowd);
    const rows: Row[] = [];
    let kept = true;
    for (const [mode, watchers] of [
      ['flood', 100],
      ['flood', 1_000],
      ['paced', 100],
      ['paced', 1_000],
    ] as const) {
      const found = new Map<Contender, Figures[]>(contenders.map((contender) => [contender, []]));
      for (let run = 0; run < runs; run++) {
        for (const [contender, figures] of found)
          figures.push(await measured(contender, crowd, mode, watchers, values.quick));
      }
      rows.push(...rowsOf(mode, watchers, found));
      kept = isKept(mode, watchers, found) && kept;
    }
    const stalled = await stalledMib(contenders[0] as Contender, crowd);
    rows.push({
      what: `${STALLED.watchers} readers that take nothing: MiB each`,
      cells: [stalled.toFixed(2), '', '', '', '', ''],
    });
    printTable(
      `watch: one stream a watcher, the same watchers and publishers for all, medians of ${runs}`,
      ['CPU us/event', 'of etcd’s', 'with the store', 'events/s', 'lag p50 / p99', 'lost'],
      rows,
      [
        `flood: ${IN_FLIGHT} changes in flight; paced: at most ${PACE.mostPerS} changes/s and ${PACE.eventsPerS} events/s. virtdc's changes are UpdateGuest through the API, committed by Postgres with fsync before anybody is told; etcd's are Put. CPU is user and system of the server, and with that of Postgres' processes. Ratios are to etcd in the same run. Goals at 1,000 watchers: CPU at most ${GOALS.cpu}, with lag p99 at most 1.5 times etcd's, and at 100 watchers no more than etcd's; nothing lost; a reader that takes nothing under 1 MiB.`,
        `load average ${loadavg()
          .map((load) => load.toFixed(1))
          .join(' ')}`,
      ],
    );
    return values.quick || (kept && stalled < GOALS.stalledMib);
  } finally {
    crowd.end();
    for (const contender of contenders) await contender.end();
  }
}

/** Ends when as many were published as asked for. */
async function publish(
  contender: Contender,
  count: number,
  inFlight: number,
  perS: number,
  texts: readonly string[] = [],
): Promise<void> {
  const since = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      if (perS > 0) await sleep(Math.max(0, since + (number / perS) * 1_000 - performance.now()));
      await contender.publish(number, stamp(), ...texts);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** A service that has just been started is not yet what it is for the rest of its life. */
async function warmUp(contender: Contender, crowd: Crowd): Promise<void> {
  await crowd.open(contender.watched, WARM_UP.watchers);
  await Promise.all([
    crowd.hear(WARM_UP.watchers * WARM_UP.changes, QUIET_MS),
    publish(contender, WARM_UP.changes, IN_FLIGHT, 0),
  ]);
  await crowd.close();
}

async function measured(
  contender: Contender,
  crowd: Crowd,
  mode: Mode,
  watchers: number,
  quick: boolean,
): Promise<Figures> {
  const perS = mode === 'flood' ? 0 : Math.min(PACE.mostPerS, PACE.eventsPerS / watchers);
  const flood = (quick ? 300_000 : 1_000_000) / watchers;
  const count = mode === 'flood' ? Math.min(5_000, flood) : Math.max(PACE.leastPublished, perS * PACE.s);
  await crowd.open(contender.watched, watchers);
  const before = await contender.cpuS();
  const [heard] = await Promise.all([
    crowd.hear(count * watchers, QUIET_MS),
    publish(contender, count, mode === 'flood' ? IN_FLIGHT : PACE.inFlight, perS),
  ]);
  const after = await contender.cpuS();
  await crowd.close();
  const server = after.server - before.server;
  const store = after.store - before.store;
  return {
    cpuUs: (server / heard.events) * 1e6,
    cpuWithStoreUs: ((server + store) / heard.events) * 1e6,
    perS: (heard.events / heard.tookMs) * 1_000,
    p50Ms: heard.p50Ms,
    p99Ms: heard.p99Ms,
    lost: count * watchers - heard.events,
  };
}

const middle = (figures: readonly Figures[] | undefined, of: keyof Figures): number =>
  median((figures ?? []).map((one) => one[of]));

function etcdOf(found: ReadonlyMap<Contender, readonly Figures[]>): readonly Figures[] | undefined {
  return [...found].find(([{ name }]) => name.startsWith('etcd'))?.[1];
}

function rowsOf(mode: Mode, watchers: number, found: ReadonlyMap<Contender, readonly Figures[]>): Row[] {
  const peer = etcdOf(found);
  return [...found].map(([{ name }, figures]) => ({
    what: `${mode}, ${watchers} watchers: ${name}`,
    cells: [
      middle(figures, 'cpuUs').toFixed(2),
      peer === undefined ? '' : times(middle(figures, 'cpuUs') / middle(peer, 'cpuUs')),
      middle(figures, 'cpuWithStoreUs').toFixed(2),
      Math.round(middle(figures, 'perS')).toLocaleString('en'),
      `${ms(middle(figures, 'p50Ms'))} / ${ms(middle(figures, 'p99Ms'))}`,
      String(figures.reduce((sum, { lost }) => sum + lost, 0)),
    ],
  }));
}

function isKept(mode: Mode, watchers: number, found: ReadonlyMap<Contender, readonly Figures[]>): boolean {
  const [own] = found.values();
  const peer = etcdOf(found);
  if (own?.some(({ lost }) => lost !== 0) === true) return false;
  if (peer === undefined) return true;
  if (mode === 'paced') return middle(own, 'p99Ms') <= middle(peer, 'p99Ms') * (GOALS.lag.get(watchers) ?? 1);
  return watchers < 1_000 || middle(own, 'cpuWithStoreUs') <= middle(peer, 'cpuUs') * GOALS.cpu;
}

/** What each of them adds to the server's memory while much is published. */
async function stalledMib(contender: Contender, crowd: Crowd): Promise<number> {
  const { rssMib } = await memoryOf(contender.pid);
  await crowd.open(contender.watched, STALLED.watchers);
  await crowd.stall();
  const texts = Array.from({ length: STALLED.labels - 1 }, () => 'x'.repeat(STALLED.labelChars));
  let peakMib = rssMib;
  for (let published = 0; published < STALLED.changes; published += 100) {
    await publish(contender, 100, IN_FLIGHT, 0, texts);
    peakMib = Math.max(peakMib, (await memoryOf(contender.pid)).rssMib);
  }
  await crowd.close();
  return (peakMib - rssMib) / STALLED.watchers;
}

/** The process with the watchers. */
class Crowd {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('watch-crowd.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });

  open(watched: Watched, count: number): Promise<unknown> {
    return this.order({ do: 'open', watched, request: Buffer.from(watched.request).toString('hex'), count });
  }

  async hear(events: number, quietMs: number): Promise<Summary> {
    const summary = await this.order({ do: 'hear', events, quietMs });
    if (summary === undefined) throw new Error('nothing was counted');
    return summary;
  }

  stall(): Promise<unknown> {
    return this.order({ do: 'stall' });
  }

  close(): Promise<unknown> {
    return this.order({ do: 'close' });
  }

  end(): void {
    this.child.kill();
  }

  private async order(order: Order): Promise<Summary | undefined> {
    this.child.send(order);
    const [answer] = (await once(this.child, 'message')) as [{ summary?: Summary; failed?: string }];
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer.summary;
  }
}
