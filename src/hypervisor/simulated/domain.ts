// A domain as a simulated host knows it: plain data, so that a whole datacenter can be written down and read again.

import type {
  DomainState,
  DomainStateReason,
  GuestDefinition,
  MigrationProgress,
  ObservedDomain,
} from '../../ports/hypervisor.js';
import { balloonKib, type Machine } from './machine.js';
import type { Durations } from './settings.js';

export interface Domain {
  readonly uuid: string;
  readonly domainName: string;
  definition: GuestDefinition;
  /** Made by somebody else than virtdc, and so without its mark. */
  readonly foreign: boolean;
  persistent: boolean;
  autostart: boolean;
  state: DomainState;
  reason: DomainStateReason;
  /** What runs; undefined: shut off. */
  machine: Machine | undefined;
  /** The migration that it leaves or arrives by. */
  job: { readonly id: string; readonly direction: 'OUT' | 'IN' } | undefined;
  completed: MigrationProgress | undefined;
}

export function newDomain(definition: GuestDefinition, persistent: boolean, foreign: boolean): Domain {
  return {
    uuid: definition.uuid,
    domainName: definition.domainName,
    definition,
    foreign,
    persistent,
    autostart: persistent,
    state: 'SHUTOFF',
    reason: 'OTHER',
    machine: undefined,
    job: undefined,
    completed: undefined,
  };
}

export function observe(domain: Domain, now: number, durations: Durations): ObservedDomain {
  const { uuid, domainName, state, reason, persistent, machine, definition, job } = domain;
  return {
    uuid,
    domainName,
    state,
    stateReason: reason,
    persistent,
    currentCpu: machine?.plugged ?? definition.currentCpu,
    maxCpu: definition.maxCpu,
    balloonKib: machine === undefined ? undefined : balloonKib(machine, now, durations),
    maxMemoryKib: definition.maxMemoryKib,
    migratingOut: job?.direction === 'OUT',
  };
}

/** The definition as the running guest has changed it. */
export function liveDefinition(domain: Domain, now: number, durations: Durations): GuestDefinition {
  const { definition, machine } = domain;
  if (machine === undefined) return definition;
  return { ...definition, currentCpu: machine.plugged, currentMemoryKib: balloonKib(machine, now, durations) };
}
