// What commands ask of the fleet before they decide: the thing exists, is as the caller last saw it, and is free.

import { type Claim, claimKey } from '../fleet/claim.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestState } from '../fleet/guest.js';
import type { Host } from '../fleet/host.js';
import { isOpen } from '../fleet/operation.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import type { Pool } from '../fleet/storage.js';

/** What a verb on a guest is bound to. */
export interface OnGuest {
  readonly vmid: string;
  /** Revision that the guest must still be at; 0: whichever. */
  readonly expectedRevision: number;
}

/** What a verb on a host is bound to. */
export interface OnHost {
  readonly hostname: string;
  /** Revision that the host must still be at; 0: whichever. */
  readonly expectedRevision: number;
}

export function findHost(fleet: FleetView, hostname: string): Host | Refusal {
  return fleet.get('host', hostname) ?? refusal('HOST_NOT_FOUND', `there is no host ${hostname}`, { hostname });
}

export function findPool(fleet: FleetView, pool: string): Pool | Refusal {
  return fleet.get('pool', pool) ?? refusal('POOL_NOT_FOUND', `there is no pool ${pool}`, { pool });
}

export function findGuest(fleet: FleetView, vmid: string): Guest | Refusal {
  return fleet.get('guest', vmid) ?? refusal('GUEST_NOT_FOUND', `there is no guest ${vmid}`, { vmid });
}

/** Of all the names, those that no host has; a refusal naming them, or undefined. */
export function missingHosts(fleet: FleetView, hostnames: readonly string[]): Refusal | undefined {
  const missing = hostnames.filter((hostname) => fleet.get('host', hostname) === undefined);
  if (missing.length === 0) return undefined;
  const names = missing.join(', ');
  return refusal('HOST_NOT_FOUND', `there is no host ${names}`, { hostname: names });
}

/** `expected` is what the caller last saw; 0 means that it does not care. */
export function staleRevision(entity: { readonly revision: number }, expected: number): Refusal | undefined {
  if (expected === 0 || expected === entity.revision) return undefined;
  return refusal('STALE_REVISION', `expected revision ${expected}, but it has changed and is at ${entity.revision}`, {
    expected,
    actual: entity.revision,
  });
}

/** One operation a guest at a time: the refusal names the other. */
export function busyRefusal(fleet: FleetView, guest: Guest): Refusal | undefined {
  const open = guest.operation === '' ? undefined : fleet.get('operation', guest.operation);
  if (open === undefined || !isOpen(open)) return undefined;
  return refusal('GUEST_BUSY', `guest ${guest.vmid} is busy with ${open.input.kind} (${open.name})`, {
    vmid: guest.vmid,
    operation: open.name,
    kind: open.input.kind,
  });
}

/** The guest if it is as the caller last saw it, no operation is open on it, its state is right and its host may be asked. */
export function idleGuest(fleet: FleetView, on: OnGuest, states: readonly GuestState[]): Guest | Refusal {
  const guest = findGuest(fleet, on.vmid);
  if (isRefusal(guest)) return guest;
  return (
    staleRevision(guest, on.expectedRevision) ??
    busyRefusal(fleet, guest) ??
    stateRefusal(guest, states) ??
    hostRefusal(fleet, guest) ??
    guest
  );
}

/** What the guest holds of its host; every guest does, from its submission until it was seen gone. */
export function heldClaim(fleet: FleetView, guest: Guest): Claim {
  const held = fleet.get('claim', claimKey(guest.hostname, guest.vmid));
  if (held === undefined) throw new Error(`guest ${guest.vmid} has no claim on its host ${guest.hostname}`);
  return held;
}

/** A caller who named the guest's host is answered only if it is still the one. */
export function wrongHost(guest: Guest, named: string): Refusal | undefined {
  if (named === '' || named === guest.hostname) return undefined;
  const message = `guest ${guest.vmid} is not on host ${named} but on ${guest.hostname}`;
  return refusal('WRONG_HOST', message, { vmid: guest.vmid, hostname: guest.hostname, named });
}

function stateRefusal(guest: Guest, states: readonly GuestState[]): Refusal | undefined {
  if (states.includes(guest.state)) return undefined;
  const due = states.join(' or ');
  return refusal('GUEST_STATE', `guest ${guest.vmid} is ${guest.state}, it has to be ${due}`, {
    vmid: guest.vmid,
    state: guest.state,
    required: due,
  });
}

/** A host that is silent for a while yet may answer in time; one that is given up will not. */
function hostRefusal(fleet: FleetView, guest: Guest): Refusal | undefined {
  const host = fleet.get('host', guest.hostname);
  if (host === undefined || host.condition === 'READY' || host.condition === 'SUSPECT') return undefined;
  const { hostname, condition } = host;
  return refusal('HOST_UNREACHABLE', `host ${hostname} of guest ${guest.vmid} is ${condition}`, {
    hostname,
    condition,
  });
}
