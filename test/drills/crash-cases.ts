// The crash points as D1 strikes them: what is asked for, and what must be seen once the service is back and the same
// request was made again.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { CrashPoint } from '../../src/operations/crash-points.js';
import type { CallOptions } from './attempts.js';
import type { PlainClient } from './client.js';
import type { Hosts } from './hosts.js';

/** What the cases of one run share. */
export interface Cast {
  readonly hosts: Hosts;
  /** Guests of this run alone: their consoles are told apart from those of other runs. */
  vmidOf(role: string): string;
  /** Not registered at first. */
  readonly spare: Host;
}

export interface Asking extends CallOptions {
  readonly requestId: string;
}

/** What there is to see of what a case is about. */
export interface Sight {
  readonly guest: Guest | undefined;
  /** Its domains, as `running on node1`, from the hosts themselves. */
  readonly domains: string;
  /** Boot ids that its console ever showed, on any host. */
  readonly boots: readonly string[];
  readonly spare: Host | undefined;
}

export interface Ending {
  /** undefined: the call has none. */
  readonly operation: Operation | undefined;
  readonly before: Sight;
  readonly after: Sight;
}

export interface CrashCase {
  readonly name: CrashPoint;
  /** The guest that it is about; empty: the spare host. */
  readonly role: string;
  readonly expect: string;
  ask(client: PlainClient, cast: Cast, asking: Asking): Promise<{ operation?: Operation | undefined }>;
  /** Whether it is as expected. */
  holds(ending: Ending): boolean;
}

/** The guest that is moved and scaled. */
export const MOVER = 'mover';
const MIB = 1024;

const succeeded = ({ operation }: Ending): boolean => operation?.state === 'OPERATION_STATE_SUCCEEDED';
const runsOnce = ({ after: { guest, domains, boots } }: Ending): boolean =>
  guest?.state === 'GUEST_STATE_RUNNING' && domains === `running on ${guest.hostname}` && boots.length <= 1;
const moved = ({ before, after }: Ending): boolean => before.guest?.hostname !== after.guest?.hostname;

function registration(name: CrashPoint, expect: string): CrashCase {
  return {
    name,
    role: '',
    expect,
    async ask(client, { spare }, { requestId, signal }) {
      const { hostname, ipAddress, maxCpu, maxMemoryKib, maxIoKib } = spare;
      const declared = { hostname, ipAddress, maxCpu, maxMemoryKib, maxIoKib };
      await client.hosts.registerHost({ ...declared, requestId }, { signal });
      return {};
    },
    holds: ({ after: { spare } }) => spare?.condition === 'HOST_CONDITION_READY' && spare.observed !== undefined,
  };
}

function submission(name: CrashPoint, expect: string): CrashCase {
  return {
    name,
    role: name,
    expect,
    ask: (client, { hosts, vmidOf }, { requestId, signal }) =>
      client.placement.submitGuest({ ...hosts.submission(vmidOf(name)), requestId }, { signal }),
    holds: (ending) => succeeded(ending) && runsOnce(ending),
  };
}

function termination(name: CrashPoint, role: string, expect: string): CrashCase {
  return {
    name,
    role,
    expect,
    ask: ({ placement }, { vmidOf }, { requestId, signal }) =>
      placement.terminateGuest({ vmid: vmidOf(role), requestId }, { signal }),
    holds: (ending) => succeeded(ending) && ending.after.guest === undefined && ending.after.domains === '',
  };
}

/** Slow enough for there to be a midst. */
const POLICY = { bandwidthMibPerS: 64n };

function migration(name: CrashPoint, goes: 'moves' | 'stays' | 'either', expect: string): CrashCase {
  return {
    name,
    role: MOVER,
    expect,
    ask: ({ migration: client }, { vmidOf }, { requestId, signal }) =>
      client.migrateGuest({ vmid: vmidOf(MOVER), policy: POLICY, requestId }, { signal }),
    holds: (ending) =>
      runsOnce(ending) &&
      succeeded(ending) === moved(ending) &&
      (goes === 'either' || moved(ending) === (goes === 'moves')),
  };
}

function scaling(name: CrashPoint, to: { cpu: number } | { memoryMib: number }, expect: string): CrashCase {
  return {
    name,
    role: MOVER,
    expect,
    ask({ scaling: client }, { vmidOf }, { requestId, signal }) {
      const vmid = vmidOf(MOVER);
      if ('cpu' in to) return client.scaleCpu({ vmid, cpu: to.cpu, requestId }, { signal });
      return client.scaleMemory({ vmid, memoryKib: BigInt(to.memoryMib * MIB), requestId }, { signal });
    },
    holds: (ending) => {
      const { guest } = ending.after;
      const asked = 'cpu' in to ? guest?.currentCpu === to.cpu : Number(guest?.currentMemoryKib) === to.memoryMib * MIB;
      return succeeded(ending) && asked && runsOnce(ending);
    },
  };
}

/** Those that follow each other are of different kinds: the recovery from one must not come to the next one's place. */
export const CRASH_CASES: readonly CrashCase[] = [
  registration('rh1', 'no half host; the same call registers it'),
  submission('sg0', 'nothing is left of the call; the same one makes the guest'),
  migration('mg1', 'moves', 'claimed on both hosts, so it goes on'),
  registration('rh2', 'no half host; the same call registers it'),
  submission('sg1', 'finished'),
  migration('mg2', 'stays', 'nobody knows of a call: the guest stays, and the target is released'),
  registration('rh3', 'the same answer'),
  submission('sg2', 'finished'),
  scaling('sc1', { cpu: 2 }, 'claimed before the call, so it goes on'),
  migration('mg3', 'either', 'the running job is adopted'),
  termination('dl1', 'sg0', 'forward, and gone'),
  submission('sg3', 'the domain is adopted, and not made again'),
  scaling('sc2', { memoryMib: 112 }, 'it is asked for'),
  termination('dl2', 'sg1', 'forward, and gone'),
  migration('mg4', 'either', 'decided by what both hosts show'),
  submission('sg4', 'the same answer'),
  scaling('sc3', { memoryMib: 128 }, 'the call is seen to be done'),
  termination('dl3', 'sg2', 'forward, and released once'),
  migration('mg5', 'moves', 'it has arrived: handed over, the source released'),
  termination('dl4', 'sg3', 'forward, and released once'),
  scaling('sc4', { memoryMib: 104 }, 'released as far as seen'),
  migration('mg6', 'moves', 'it is handed over: what is left at the source goes'),
  termination('dl5', 'sg4', 'gone already; the same answer'),
  migration('mg7', 'moves', 'over already; the same answer'),
];
