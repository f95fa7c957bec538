// Lets a replica act on hosts only while it leads, with time enough left on its lease for the sending: a call that changes
// something waits, looks do not. What a long call does afterwards is found by looking, not by the lease.

import type { Authority } from '../authority/authority.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { HostDriver } from '../ports/hypervisor.js';

/** Every call that changes something on a host. */
const DEEDS = [
  'create',
  'start',
  'setAutostart',
  'undefine',
  'destroy',
  'shutdown',
  'reboot',
  'suspend',
  'resume',
  'setPluggedCpu',
  'setOnlineCpu',
  'setMemory',
  'migrate',
  'abortJob',
  'startPostcopy',
  'createVolume',
  'deleteVolume',
  'uploadVolume',
  'createSeed',
] as const satisfies readonly (keyof HostDriver)[];

type Deed = (...args: unknown[]) => Promise<unknown>;

/** The driver, whose deeds wait for the lease. They reject with the signal's reason where it aborts meanwhile. */
export function fenced(
  driver: HostDriver,
  authority: Pick<Authority, 'mayAct'>,
  clock: Clock,
  signal: AbortSignal,
): HostDriver {
  const deeds = DEEDS.map((name) => {
    const deed = driver[name] as Deed;
    const waiting: Deed = async (...args) => {
      while (!authority.mayAct()) await clock.sleep(LIMITS.fencePollMs, signal);
      return deed.apply(driver, args);
    };
    return [name, waiting] as const;
  });
  return { ...driver, ...Object.fromEntries(deeds) };
}
