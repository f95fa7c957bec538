// A migration as it is committed: the target held for the guest beside its own host, the operation that moves it. Whoever
// moves a guest (a request, a scaling that found no room) decides it here.

import { type Change, put } from '../fleet/change.js';
import type { Claim } from '../fleet/claim.js';
import type { DecisionContext } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { MigrationPolicy, Operation } from '../fleet/operation.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import type { ClaimSize } from '../policy/claim.js';
import { guestChecks, type MigrationCheck } from '../policy/migratable.js';
import { copiesStorage, isLocked, type MoveFacts, moveRequest } from '../policy/move.js';
import { type Placement, place, placeOn } from '../policy/place.js';
import { newOperation } from './new-operation.js';
import { findHost } from './preconditions.js';

export interface Move {
  readonly guest: Guest;
  /** What it is to hold on the target. */
  readonly size: ClaimSize;
  /** Empty: the best by the cluster's strategy. */
  readonly destHost: string;
  readonly policy: MigrationPolicy;
  readonly facts: MoveFacts;
  /** The operation that the move is a part of; empty: none. */
  readonly parent: string;
}

export interface BegunMove {
  readonly operation: Operation;
  /** The operation, and the claim on the target; the guest is for the caller to change. */
  readonly changes: readonly Change[];
}

export function beginMove(fleet: FleetView, context: DecisionContext, move: Move): BegunMove | Refusal {
  const { guest, size, facts, policy } = move;
  const failed = guestChecks(fleet, guest, facts.traits, policy).filter((one) => one.verdict === 'FAIL');
  if (failed.length > 0) return impossible(guest, failed);
  const placement = target(fleet, move);
  if (isRefusal(placement)) return placement;
  const destHost = placement.hostname;
  const { resources, retakeKib } = size;
  const claim: Claim = { hostname: destHost, vmid: guest.vmid, kind: 'INCOMING', resources, retakeKib, revision: 0 };
  const operation = newOperation(
    context,
    {
      kind: 'MIGRATE_GUEST',
      sourceHost: guest.hostname,
      destHost,
      policy,
      wasPaused: guest.state === 'PAUSED',
      copyStorage: copiesStorage(fleet, guest),
      arrivesPaused: !isLocked(fleet, guest),
    },
    guest.vmid,
    { parent: move.parent, charged: resources, decision: placement.summary },
  );
  return { operation, changes: [put('claim', claim), put('operation', operation)] };
}

function target(fleet: FleetView, { guest, size, facts, destHost }: Move): Placement | Refusal {
  const request = moveRequest(fleet, guest, size, facts);
  if (destHost === '') return place(fleet, request);
  const host = findHost(fleet, destHost);
  if (isRefusal(host)) return host;
  if (destHost === guest.hostname) {
    return refusal('SAME_MACHINE', `guest ${guest.vmid} is on ${destHost} already`, {
      hostname: destHost,
      other: destHost,
    });
  }
  const placement = placeOn(fleet, request, host);
  const verdict = isRefusal(placement) ? placement.explanation?.hosts[0] : undefined;
  if (verdict?.codes[0] !== 'SAME_MACHINE') return placement;
  return refusal('SAME_MACHINE', `host ${destHost} ${verdict.detail}`, { hostname: destHost, other: guest.hostname });
}

function impossible(guest: Guest, failed: readonly MigrationCheck[]): Refusal {
  const details = failed.map((one) => one.detail).join('; ');
  const checks = Object.fromEntries(failed.map((one) => [one.kind.toLowerCase(), one.detail]));
  return refusal('MIGRATION_IMPOSSIBLE', `guest ${guest.vmid} cannot be moved: ${details}`, {
    vmid: guest.vmid,
    ...checks,
  });
}
