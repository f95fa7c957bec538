// Whether a guest would find a host, and what speaks for and against each: the decision's own rows, asked without deciding.

import { type GuestShape, newGuest } from '../commands/new-guest.js';
import { findGuest, heldClaim } from '../commands/preconditions.js';
import type { Explanation, PlacementSummary, Strategy } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import { type MoveFacts, moveRequest } from '../policy/move.js';
import { explain, survey } from '../policy/place.js';

/** The winner is empty if no host fits. */
export function checkSpace(fleet: FleetView, shape: GuestShape): PlacementSummary | Refusal {
  const plan = newGuest(fleet, shape);
  return isRefusal(plan) ? plan : survey(fleet, plan.placement);
}

export function explainShape(fleet: FleetView, shape: GuestShape): Explanation | Refusal {
  const plan = newGuest(fleet, shape);
  return isRefusal(plan) ? plan : explain(fleet, plan.placement);
}

/** Of a guest that exists, as if it were to move now; `strategy` undefined: the cluster's. */
export function explainGuest(
  fleet: FleetView,
  vmid: string,
  facts: MoveFacts,
  strategy: Strategy | undefined,
): Explanation | Refusal {
  const guest = findGuest(fleet, vmid);
  if (isRefusal(guest)) return guest;
  const request = moveRequest(fleet, guest, heldClaim(fleet, guest), facts);
  return explain(fleet, { ...request, strategy: strategy ?? request.strategy });
}
