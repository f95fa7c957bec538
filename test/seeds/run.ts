// One run: hosts imported, load and faults for a while, then everything mended, everything settled, everything compared.

import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { Checks } from './checks.js';
import { compareCopies } from './copies.js';
import { inflict } from './faults.js';
import { Load } from './load.js';
import { Oracle } from './oracle.js';
import { type Plan, STORM_MS } from './plan.js';
import { prepare } from './prepare.js';
import { Race } from './race.js';
import type { Tally } from './tally.js';
import { Watcher } from './watchers.js';
import { World } from './world.js';

const CHECK_EVERY_MS = 1_000;
const COMPARED_EVERY_S = 15;
/** Of the seeds, how many also run the race for the last slot. */
const RACE_EVERY = 4;
const RACED_WITHIN_MS = 300_000;
/** Longest that an operation may take once nothing goes wrong any more: a reboot that is awaited in vain takes 120 s. */
const SETTLED_WITHIN_MS = 240_000;
/** For the reconciler to see the last of it. */
const QUIET_MS = 35_000;

export interface RunResult {
  readonly plan: Plan;
  readonly violation: string | undefined;
  readonly hash: string;
  readonly lastLines: readonly string[];
  readonly tally: Tally;
}

/** Stack traces are left to whoever wants to see the run: they cost a good part of its time. */
export async function run(plan: Plan, printing = false): Promise<RunResult> {
  const { stackTraceLimit } = Error;
  if (!printing) Error.stackTraceLimit = 0;
  try {
    return await runWhole(plan, printing);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function runWhole(plan: Plan, printing: boolean): Promise<RunResult> {
  const world = new World(plan.seed, printing);
  const oracle = new Oracle(world);
  const checks = new Checks(world, oracle);
  const load = new Load(world, oracle);
  const over = new AbortController();
  const watchers = ['', '', 'a'].map((filter, index) => {
    const random = new SeededRandom(plan.seed * 31 + index);
    return new Watcher(world, oracle, `watcher ${index}`, filter, random, over.signal);
  });
  const track = (work: Promise<void>): void => void work.catch((error: unknown) => world.threw(error));

  world.datacenter.onChange = () => checks.atOnce();
  oracle.onChange = () => checks.atOnce();
  /** Lets time run until then, or until something is wrong. */
  const until = async (ms: number, done: () => boolean = () => false): Promise<void> => {
    while (world.clock.monotonicMs() < ms && world.violation === undefined && !done()) {
      await world.clock.advance(Math.min(CHECK_EVERY_MS, ms - world.clock.monotonicMs()));
      checks.inTime();
      if (Math.floor(world.clock.monotonicMs() / 1_000) % COMPARED_EVERY_S === 0) compareCopies(world, oracle);
    }
  };

  world.startAll();
  track(prepare(world));
  for (const watcher of watchers) track(watcher.run());
  for (const [index, act] of plan.acts.entries()) world.clock.after(act.atMs, () => load.begin(act, index));
  for (const fault of plan.faults) world.clock.after(fault.atMs, () => inflict(world, oracle, fault));
  await until(STORM_MS);

  world.trace.note('the storm is over');
  world.mend();
  const mendedMs = world.clock.monotonicMs();
  let answered = false;
  track(
    load.ended().then(() => {
      answered = true;
    }),
  );
  await until(mendedMs + SETTLED_WITHIN_MS, () => answered && checks.openOperations().length === 0);
  const open = checks.openOperations();
  if (open.length > 0) world.violate(`not ended: ${open.join('; ')}`);
  for (const watcher of watchers) watcher.calmDown();
  await until(world.clock.monotonicMs() + QUIET_MS);
  // What is said last takes its time to those that are slow or away.
  await until(world.clock.monotonicMs() + 2 * QUIET_MS, () => watchers.every((watcher) => watcher.isUpToDate));
  if (world.violation === undefined) {
    checks.atTheEnd();
    compareCopies(world, oracle);
    for (const watcher of watchers) watcher.compare();
  }
  if (plan.seed % RACE_EVERY === 0) {
    let raced = false;
    track(
      new Race(world, oracle).run().then(() => {
        raced = true;
      }),
    );
    await until(world.clock.monotonicMs() + RACED_WITHIN_MS, () => raced);
    if (!raced) world.violate('the race for the last slot did not end');
  }
  over.abort();
  world.datacenter.onChange = () => {};
  world.datacenter.close();
  for (const process of world.processes) process.life.die();
  world.tally.count('revisions', oracle.fleet.revision);
  world.tally.count('guests', oracle.everyGuest.size);
  return {
    plan,
    violation: world.violation,
    hash: world.trace.digest(),
    lastLines: world.trace.last,
    tally: world.tally,
  };
}
