// Faults that wait for a moment: a migration in the phase in which it is most vulnerable, a leader in the middle of a deed.

import type { MigrationJob } from '../../src/hypervisor/simulated/migration-job.js';
import { LIMITS } from '../../src/limits.js';
import { type Fault, STORM_MS, STRIKES_POSTCOPY } from './plan.js';
import { CLIENT, choose, type World } from './world.js';

/** Phases in which a migration is struck; the later ones last for milliseconds, and are never met by chance. */
const PHASES = ['PERFORM', 'PERFORM', 'SWITCH', 'SWITCH', 'FINISH'] as const;
const STRUCK_WITHIN_MS = 60_000;
/** Beyond the time after which one end gives the other up. */
const LONG_MS = 22_000;

type Strike = (world: World, job: MigrationJob) => () => void;

const freezeTarget: Strike = ({ datacenter }, { dest }) => {
  datacenter.faults.freeze(dest);
  return () => datacenter.faults.thaw(dest);
};

/** Looks at the guest are refused for a while, on either end. */
const refuseLooks =
  (end: 'source' | 'dest'): Strike =>
  ({ datacenter }, job) => {
    datacenter.faults.failCalls(job[end], 'domain', 'REFUSED', 3);
    return () => {};
  };

const STRIKES: readonly Strike[] = [
  // The source gives it up and goes on by itself, while what the target was asked waits for its thaw: more than once.
  freezeTarget,
  freezeTarget,
  ({ datacenter }, { source }) => {
    datacenter.faults.freeze(source);
    return () => datacenter.faults.thaw(source);
  },
  ({ datacenter }, { source }) => {
    datacenter.faults.killDaemon(source);
    return () => datacenter.faults.startDaemon(source);
  },
  ({ datacenter }, { dest }) => {
    datacenter.faults.killDaemon(dest);
    return () => datacenter.faults.startDaemon(dest);
  },
  ({ datacenter }, { source, dest }) => {
    datacenter.faults.partition(source, dest);
    return () => datacenter.faults.heal(source);
  },
  ({ datacenter }, { source }) => {
    datacenter.faults.partition(CLIENT, source);
    return () => datacenter.faults.heal(source);
  },
  ({ datacenter }, { dest }) => {
    datacenter.faults.partitionOneWay(dest, CLIENT);
    return () => datacenter.faults.heal(dest);
  },
  ({ datacenter }, { source }) => {
    datacenter.faults.powerOff(source);
    return () => datacenter.faults.powerOn(source);
  },
  ({ datacenter }, { dest }) => {
    datacenter.faults.powerOff(dest);
    return () => datacenter.faults.powerOn(dest);
  },
  refuseLooks('source'),
  refuseLooks('dest'),
  (world) => {
    world.leader?.life.dieAfter(1);
    return () => {};
  },
  (world) => {
    const { leader } = world;
    leader?.life.stop();
    return () => leader?.life.goOn();
  },
];

/** Waits for a migration in the phase. */
export async function strikeMigration(world: World, fault: Fault): Promise<void> {
  const { clock, datacenter } = world;
  const [, draw] = fault.draws;
  const phase = draw >= STRIKES_POSTCOPY ? 'POSTCOPY' : choose(PHASES, draw / STRIKES_POSTCOPY);
  const found = () => [...datacenter.jobs.values()].find((job) => job.phase === phase);
  const waitMs = Math.min(STRUCK_WITHIN_MS, STORM_MS - clock.monotonicMs());
  if (!(await datacenter.until(() => found() !== undefined, waitMs))) return;
  const job = found();
  if (job === undefined) return;
  const index = Math.floor(fault.draws[2] * STRIKES.length);
  world.trace.note(`STRIKE ${index} in ${phase} from ${job.source} to ${job.dest}`);
  world.tally.count(`strikes in ${phase}`);
  const end = (STRIKES[index] as Strike)(world, job);
  clock.after(fault.draws[0] < 0.6 ? LONG_MS + fault.forMs / 4 : fault.forMs, end);
}

/** The leader gets no CPU from its next deed on, until well after another has taken the lead. */
export function stopInCall(world: World, fault: Fault): void {
  world.onCall = (process, method) => {
    world.onCall = () => {};
    world.trace.note(`STOP ${process.name} as it sends ${method}`);
    process.life.stop();
    world.clock.after(LIMITS.leaseTtlMs + 1_000 + fault.forMs, () => {
      world.trace.note(`GO ON ${process.name}`);
      process.life.goOn();
    });
  };
}
