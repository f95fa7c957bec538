// One run: hosts imported, load and faults for a while, then everything mended, everything settled, everything compared.

import { importBaseGuest } from '../../src/commands/import-base-guest.js';
import { importNodeInfo } from '../../src/commands/import-node-info.js';
import { registerPool } from '../../src/commands/register-pool.js';
import type { Command } from '../../src/fleet/decision.js';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { Checks } from './checks.js';
import { inflict } from './faults.js';
import { Load } from './load.js';
import { Oracle } from './oracle.js';
import { type Plan, STORM_MS } from './plan.js';
import { Watcher } from './watchers.js';
import { HOSTS, POOLS, World } from './world.js';

const GIB_IN_KIB = 1024 * 1024;
const SLICE_MS = 50;
const CHECK_EVERY_MS = 1_000;
/** Longest that an operation may take once nothing goes wrong any more: a reboot that is awaited in vain takes 120 s. */
const SETTLED_WITHIN_MS = 240_000;
/** For the reconciler to see the last of it. */
const QUIET_MS = 35_000;

const BASE_XML = `<domain type='kvm'><name>vm_name</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;

export interface RunResult {
  readonly plan: Plan;
  readonly violation: string | undefined;
  readonly hash: string;
  readonly lastLines: readonly string[];
  readonly figures: {
    readonly faults: number;
    readonly accepted: number;
    readonly refused: number;
    readonly revisions: number;
    readonly watchEvents: number;
    readonly resumptions: number;
    readonly guests: number;
  };
}

export async function run(plan: Plan, printing = false): Promise<RunResult> {
  const world = new World(plan.seed, printing);
  const oracle = new Oracle(world);
  const checks = new Checks(world, oracle);
  const load = new Load(world, oracle);
  const over = new AbortController();
  const watchers = ['', '', 'a'].map((filter, index) => {
    const random = new SeededRandom(plan.seed * 31 + index);
    return new Watcher(world, oracle, `watcher ${index}`, filter, random, over.signal);
  });
  const track = (work: Promise<void>): void =>
    void work.catch((error: unknown) => {
      world.violate(`thrown: ${error instanceof Error ? error.stack : String(error)}`);
    });

  world.datacenter.onChange = () => checks.atOnce();
  let lastCheckMs = 0;
  /** Lets time run until then, or until something is wrong. */
  const until = async (ms: number, done: () => boolean = () => false): Promise<void> => {
    while (world.clock.monotonicMs() < ms && world.violation === undefined && !done()) {
      await world.clock.advance(Math.min(SLICE_MS, ms - world.clock.monotonicMs()));
      checks.atOnce();
      if (world.clock.monotonicMs() - lastCheckMs < CHECK_EVERY_MS) continue;
      lastCheckMs = world.clock.monotonicMs();
      checks.inTime();
    }
  };

  world.start();
  track(prepare(world));
  for (const watcher of watchers) track(watcher.run());
  for (const [index, act] of plan.acts.entries()) world.clock.after(act.atMs, () => load.begin(act, index));
  for (const fault of plan.faults) world.clock.after(fault.atMs, () => inflict(world, oracle, fault));
  await until(STORM_MS);

  world.trace.note('the storm is over');
  world.mend();
  const mendedMs = world.clock.monotonicMs();
  track(load.ended());
  await until(mendedMs + SETTLED_WITHIN_MS, () => {
    return world.clock.monotonicMs() - mendedMs > 60_000 && checks.openOperations().length === 0;
  });
  const open = checks.openOperations();
  if (open.length > 0) world.violate(`not ended: ${open.join('; ')}`);
  await until(world.clock.monotonicMs() + QUIET_MS);
  // What is said last takes its time to those that are slow or away.
  await until(world.clock.monotonicMs() + QUIET_MS, () => watchers.every((watcher) => watcher.isUpToDate));
  if (world.violation === undefined) {
    checks.atTheEnd();
    for (const watcher of watchers) watcher.compare();
  }
  over.abort();
  world.datacenter.onChange = () => {};
  world.datacenter.close();
  for (const process of world.processes) process.life.die();
  return {
    plan,
    violation: world.violation,
    hash: world.trace.digest(),
    lastLines: world.trace.last,
    figures: {
      faults: plan.faults.length,
      accepted: load.accepted,
      refused: load.refused,
      revisions: oracle.fleet.revision,
      watchEvents: watchers.reduce((sum, { events }) => sum + events, 0),
      resumptions: watchers.reduce((sum, { resumed }) => sum + resumed, 0),
      guests: oracle.everyGuest.size,
    },
  };
}

/** Hosts, pools and a base guest; before the first fault. */
async function prepare(world: World): Promise<void> {
  while (world.leader === undefined) await world.clock.sleep(10);
  const execute = async (command: Command<unknown>): Promise<void> => {
    const answer = await world.execute(command, { principal: 'operator', method: command.name });
    if (!answer.accepted) throw new Error(`${command.name} was refused: ${answer.refusal.message}`);
  };
  const capacity = { cpu: 12, memoryKib: 12 * GIB_IN_KIB, ioKib: 100 * GIB_IN_KIB };
  const nodes = HOSTS.map((hostname) => ({
    hostname,
    ipAddress: '10.0.0.1',
    maxCapacity: capacity,
    availableCapacity: capacity,
  }));
  await execute(importNodeInfo({ nodes, prune: false, uriTemplate: 'sim://{hostname}' }));
  for (const name of POOLS) {
    const kind = name === 'local' ? 'LOCAL' : 'SHARED';
    const hosts = [...HOSTS];
    await execute(registerPool({ name, kind, locking: name === 'locked', hosts, capacityKib: 0, exportedBy: '' }));
  }
  await execute(
    importBaseGuest({
      name: 'base',
      xml: BASE_XML,
      images: {},
      diskTargets: ['vda'],
      nics: [{ kind: 'NETWORK', source: 'default' }],
      machineType: 'q35',
      replace: false,
      expectedRevision: 0,
    }),
  );
}
