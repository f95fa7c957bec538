// What ScaleCpu and ScaleMemory share: more is claimed before libvirt is called, on the guest's host or on another that it is
// moved to first; less is released only once it was seen given back, so scaling down claims nothing and frees nothing yet.
// What was asked for becomes the guest's size when the operation has done it.

import { put } from '../fleet/change.js';
import type { Claim } from '../fleet/claim.js';
import { accept, type Decision, type DecisionContext, refuse } from '../fleet/decision.js';
import { explanationOf, type HostVerdict } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { OperationInput } from '../fleet/operation.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { sameResources, subtract } from '../fleet/resources.js';
import type { ClaimSize } from '../policy/claim.js';
import type { MoveFacts } from '../policy/move.js';
import { noRoom } from '../policy/room.js';
import { beginMove } from './begin-move.js';
import { migrationPolicy } from './migration-policy.js';
import { doneOperation, type GuestOperation, newOperation } from './new-operation.js';
import { findHost, heldClaim, idleGuest, type OnGuest, wrongHost } from './preconditions.js';

/** REFUSE: with the figures. MIGRATE_SELF: the guest is moved to a host with room for all of it, then scaled. */
export type OnNoRoom = 'REFUSE' | 'MIGRATE_SELF';

export interface ScaleRequest extends OnGuest {
  /** The host it is on, for a caller who wants to be sure of it; empty: not checked. */
  readonly hostname: string;
  readonly onNoRoom: OnNoRoom;
  /** For MIGRATE_SELF. */
  readonly facts: MoveFacts;
}

/** One kind of scaling, bound to its guest. */
export interface Scaling {
  /** What the guest is to hold; the same where it does not grow. */
  readonly size: ClaimSize;
  /** The operation's input, with the move that comes first (empty: none). */
  input(move: string): OperationInput;
  readonly changesNothing: boolean;
}

/** The guest to be scaled and what it holds; a request is refused alike for both kinds. */
export function scalable(fleet: FleetView, request: ScaleRequest): { guest: Guest; held: Claim } | Refusal {
  const guest = idleGuest(fleet, request, ['RUNNING']);
  if (isRefusal(guest)) return guest;
  const elsewhere = wrongHost(guest, request.hostname);
  if (elsewhere !== undefined) return elsewhere;
  return { guest, held: heldClaim(fleet, guest) };
}

export function scale(
  fleet: FleetView,
  context: DecisionContext,
  request: ScaleRequest,
  { guest, held }: { guest: Guest; held: Claim },
  scaling: Scaling,
): Decision<GuestOperation> {
  if (scaling.changesNothing) {
    const operation = doneOperation(context, scaling.input(''), guest.vmid);
    return accept({ guest, operation }, [put('operation', operation)]);
  }
  const host = findHost(fleet, guest.hostname);
  if (isRefusal(host)) return refuse(host);
  const short = noRoom(fleet, host, guest, scaling.size);
  if (short === undefined) return scaleHere(context, guest, held, scaling);
  if (request.onNoRoom === 'REFUSE') return refuse(doesNotFit(fleet, guest, short));
  return moveThenScale(fleet, context, request, guest, scaling);
}

function scaleHere(context: DecisionContext, guest: Guest, held: Claim, scaling: Scaling): Decision<GuestOperation> {
  const { size } = scaling;
  const charged = subtract(size.resources, held.resources);
  const operation = newOperation(context, scaling.input(''), guest.vmid, { charged });
  const scaled: Guest = { ...guest, operation: operation.name };
  const grown = sameResources(size.resources, held.resources) ? [] : [put('claim', { ...held, ...size })];
  return accept({ guest: scaled, operation }, [...grown, put('guest', scaled), put('operation', operation)]);
}

/** The whole is one operation on the guest, and the move a part of it; the target is charged at the new size. */
function moveThenScale(
  fleet: FleetView,
  context: DecisionContext,
  request: ScaleRequest,
  guest: Guest,
  scaling: Scaling,
): Decision<GuestOperation> {
  const name = context.newOperationName();
  const policy = migrationPolicy({});
  const { size } = scaling;
  const move = beginMove(fleet, context, { guest, size, destHost: '', policy, facts: request.facts, parent: name });
  if (isRefusal(move)) return refuse(move);
  const operation = newOperation(context, scaling.input(move.operation.name), guest.vmid, {
    name,
    ...(move.operation.decision === undefined ? {} : { decision: move.operation.decision }),
  });
  const moving: Guest = { ...guest, state: 'MIGRATING', stateReason: '', operation: name };
  return accept({ guest: moving, operation }, [put('operation', operation), put('guest', moving), ...move.changes]);
}

function doesNotFit(fleet: FleetView, guest: Guest, verdict: HostVerdict): Refusal {
  const { hostname, required, available, codes, detail } = verdict;
  const metadata = {
    vmid: guest.vmid,
    hostname,
    codes: codes.join(', '),
    required_cpu: required.cpu,
    required_memory_kib: required.memoryKib,
    available_cpu: available.cpu,
    available_memory_kib: available.memoryKib,
  };
  const explanation = explanationOf(fleet.policy.strategy, required, verdict);
  return refusal('HOST_DOES_NOT_FIT', `host ${hostname} has no room for more of ${guest.vmid}: ${detail}`, metadata, {
    explanation,
  });
}
