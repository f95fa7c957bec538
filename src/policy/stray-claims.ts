// Where claims and guests do not go together on a host, by the books alone: what an audit tells, and a repair mends.

import { type Claim, claimKey } from '../fleet/claim.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';

/** Guests that are bound to the host, without a claim there. */
export function unclaimedOn(fleet: FleetView, hostname: string): readonly Guest[] {
  return fleet.guestsOn(hostname).filter(({ vmid }) => fleet.get('claim', claimKey(hostname, vmid)) === undefined);
}

/** Claims on the host of guests that are neither bound to it nor held by an operation. */
export function orphanedClaims(fleet: FleetView, hostname: string): readonly Claim[] {
  return fleet.claimsOn(hostname).filter(({ vmid, kind }) => {
    if (kind === 'FOREIGN') return false;
    const guest = fleet.get('guest', vmid);
    return guest === undefined || (guest.operation === '' && (guest.hostname !== hostname || kind === 'INCOMING'));
  });
}
