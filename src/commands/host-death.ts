// What it means for the fleet that a host was proven to be off: its guests are lost, what was being done to them there has
// ended, and what it may still have of them is written down for its return. Whoever has the proof decides it here.

import { type Cause, type Change, put } from '../fleet/change.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { Host, LeftBehind } from '../fleet/host.js';
import { isOpen, ON_HOST, type Operation } from '../fleet/operation.js';

export interface HostDeath {
  readonly host: Host;
  /** Who says so, or what has shown it. */
  readonly reason: string;
  readonly now: Date;
  readonly cause: Cause;
}

/** Claims on the host stay with its guests, and go with them: nothing else is placed there. */
export function hostDeath(fleet: FleetView, death: HostDeath): readonly Change[] {
  const { host, reason, cause } = death;
  const after: Host = { ...host, condition: 'DEAD', conditionReason: reason, leftBehind: leftBehind(fleet, host) };
  const guests = fleet.guestsOn(host.hostname).flatMap((guest) => bereaved(fleet, guest, death));
  return [put('host', after, cause), ...guests];
}

/** The operation that deals with the host's death; undefined if none is open. */
export function deathOperation(fleet: FleetView, hostname: string): Operation | undefined {
  return fleet.openOperationsOn(hostname).find(({ input }) => ON_HOST.has(input.kind));
}

/** Every guest that is or was on its way to be there, with what only this host has of it. */
function leftBehind(fleet: FleetView, host: Host): readonly LeftBehind[] {
  const left = new Map(host.leftBehind.map((one) => [one.uuid, one]));
  for (const { vmid, kind } of fleet.claimsOn(host.hostname)) {
    const guest = kind === 'FOREIGN' ? undefined : fleet.get('guest', vmid);
    if (guest === undefined) continue;
    const volumes = guest.disks
      .filter((disk) => disk.madeByVirtdc && fleet.get('pool', disk.pool)?.kind === 'LOCAL')
      .map(({ pool, volume }) => ({ pool, volume }));
    left.set(guest.uuid, { vmid, uuid: guest.uuid, marked: !guest.adopted, volumes });
  }
  return [...left.values()];
}

function bereaved(fleet: FleetView, guest: Guest, death: HostDeath): readonly Change[] {
  const open = openOn(fleet, guest);
  if (open.some((operation) => goesOn(operation, death.host.hostname))) return [];
  const ended = open.map((operation) => put('operation', endedBy(operation, death)));
  return [...ended, ...lost(guest, open, death)];
}

/** The operation that holds the guest, and the move that is a part of it. */
function openOn(fleet: FleetView, guest: Guest): readonly Operation[] {
  const holder = fleet.get('operation', guest.operation);
  const move = holder !== undefined && 'move' in holder.input ? fleet.get('operation', holder.input.move) : undefined;
  return [holder, move].filter((one): one is Operation => one !== undefined && isOpen(one));
}

/**
 * A migration that has not handed the guest over ends by what its other host shows; of a guest that goes for good only
 * the rest is cleared. Neither needs to hear from the host that is off.
 */
function goesOn({ input }: Operation, hostname: string): boolean {
  if (input.kind === 'TERMINATE_GUEST') return true;
  return input.kind === 'MIGRATE_GUEST' && input.destHost !== hostname;
}

/** A guest that was to be stopped is stopped; anything else has failed. */
function endedBy(operation: Operation, { host, now }: HostDeath): Operation {
  if (operation.input.kind === 'STOP_GUEST') return { ...operation, state: 'SUCCEEDED', endedAt: now };
  const { hostname } = host;
  const message = `host ${hostname} is off`;
  return {
    ...operation,
    state: 'FAILED',
    endedAt: now,
    error: { reason: 'HOST_DEAD', message, metadata: { hostname } },
  };
}

function lost(guest: Guest, open: readonly Operation[], { host, cause }: HostDeath): readonly Change[] {
  const wasStopping = open.some(({ input }) => input.kind === 'STOP_GUEST');
  if (guest.state === 'STOPPED' && open.length === 0) return [];
  const state = wasStopping ? 'STOPPED' : 'LOST';
  const stateReason = `host ${host.hostname} is off`;
  return [put('guest', { ...guest, state, stateReason, operation: '', observed: undefined }, cause)];
}
