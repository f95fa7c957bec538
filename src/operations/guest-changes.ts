// What the ends of operations have in common: a guest let go by its operation, with a state, and its claim as it should be.

import { type Change, put, remove } from '../fleet/change.js';
import { type Claim, claimKey, sameHold } from '../fleet/claim.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestState } from '../fleet/guest.js';
import type { Operation } from '../fleet/operation.js';

/** The guest as the operation leaves it; a part of a greater operation leaves the greater one's hold alone. */
export function letGo(guest: Guest, operation: Operation, state: GuestState, stateReason = ''): Guest {
  // A terminate that superseded the operation has the guest, and says what it is.
  if (guest.state === 'TERMINATING' && guest.operation !== operation.name) return guest;
  return { ...guest, state, stateReason, operation: guest.operation === operation.name ? '' : guest.operation };
}

/** letGo() of the operation's guest, as a change; none if the guest is gone. */
export function letGuestGo(fleet: FleetView, operation: Operation, state: GuestState, reason = ''): readonly Change[] {
  const guest = fleet.get('guest', operation.target);
  return guest === undefined ? [] : [put('guest', unlessHostDead(fleet, letGo(guest, operation, state, reason)))];
}

/** Whatever an operation believes of a guest: nothing runs on a host that was proven to be off. */
export function unlessHostDead(fleet: FleetView, guest: Guest): Guest {
  const runs = guest.state === 'RUNNING' || guest.state === 'PAUSED';
  if (!runs || fleet.get('host', guest.hostname)?.condition !== 'DEAD') return guest;
  return { ...guest, state: 'LOST', stateReason: `host ${guest.hostname} is off`, observed: undefined };
}

/** Everything a guest has in the fleet, removed: itself, its claims, and a template that nothing else needs. */
export function removeGuest(fleet: FleetView, vmid: string, why: 'TERMINATED' | 'FAILED'): readonly Change[] {
  const guest = fleet.get('guest', vmid);
  if (guest === undefined) return [];
  const claims = fleet.claimsOf(vmid).map((claim) => remove('claim', claimKey(claim.hostname, vmid), 'RELEASED'));
  const template = isLastOf(fleet, guest) ? [remove('template', guest.template, 'REMOVED')] : [];
  return [remove('guest', vmid, why), ...claims, ...template];
}

/** Whether nothing else is made from its template: no base guest, which is the usual case, and no other guest. */
function isLastOf(fleet: FleetView, { vmid, template }: Guest): boolean {
  for (const base of fleet.all('baseGuest')) if (base.template === template) return false;
  for (const other of fleet.all('guest')) if (other.template === template && other.vmid !== vmid) return false;
  return true;
}

/** The guest's claim on its host, with other amounts; none if they are the same. */
export function resizeClaim(
  fleet: FleetView,
  guest: Guest,
  to: Pick<Claim, 'resources' | 'retakeKib'>,
): readonly Change[] {
  const claim = fleet.get('claim', claimKey(guest.hostname, guest.vmid));
  if (claim === undefined) return [];
  return sameHold(claim, to) ? [] : [put('claim', { ...claim, ...to })];
}
