// Guests as they are shown: what was asked for and seen, and what they hold, on their host and on one they are moving to.

import { type Claim, claimKey } from '../fleet/claim.js';
import { guestFacts } from '../fleet/filter-facts.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import { filterKey, type GuestFilter, passesGuest } from './filters.js';
import { type Page, type PageRequest, pageOf } from './page.js';

export interface GuestView {
  readonly guest: Guest;
  /** On its host. */
  readonly claim: Claim | undefined;
  /** On the host it is moving to; undefined while it is not moving. */
  readonly incoming: Claim | undefined;
}

export function guestView(fleet: FleetView, guest: Guest): GuestView {
  return {
    guest,
    claim: fleet.get('claim', claimKey(guest.hostname, guest.vmid)),
    incoming: fleet.claimsOf(guest.vmid).find((claim) => claim.kind === 'INCOMING'),
  };
}

/** By vmid. */
export function listGuests(fleet: FleetView, filter: GuestFilter, request: PageRequest): Page<GuestView> | Refusal {
  const listing = { filterKey: `guests ${filterKey(filter)}`, keyOf: (guest: Guest) => guest.vmid };
  const page = pageOf(guestsPassing(fleet, filter), listing, request);
  if (isRefusal(page)) return page;
  return { ...page, items: page.items.map((guest) => guestView(fleet, guest)) };
}

export function* guestsPassing(fleet: FleetView, filter: GuestFilter): Iterable<Guest> {
  for (const guest of candidates(fleet, filter)) {
    if (passesGuest(filter, guest.vmid, guestFacts(guest))) yield guest;
  }
}

/** Where guests are named by vmid or host, only those are looked at. */
function candidates(fleet: FleetView, filter: GuestFilter): Iterable<Guest> {
  if (filter.vmids.size > 0) {
    return [...filter.vmids].map((vmid) => fleet.get('guest', vmid)).filter((guest) => guest !== undefined);
  }
  if (filter.hostnames.size > 0) return [...filter.hostnames].flatMap((hostname) => fleet.guestsOn(hostname));
  return fleet.all('guest');
}
