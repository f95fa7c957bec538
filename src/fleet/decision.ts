// The form of every decision: a pure function of the fleet that answers changes or a refusal.

import type { Change } from './change.js';
import type { FleetView } from './fleet.js';
import type { Refusal } from './refusal.js';

/** All that a decision may know besides the fleet and its request; seeded in simulation, so that it replays exactly. */
export interface DecisionContext {
  readonly now: Date;
  readonly principal: string;
  /** The caller's request id, empty if none was given. */
  readonly requestId: string;
  /** A new operation name (op-...), unique. */
  newOperationName(): string;
  newUuid(): string;
  /** A new MAC address in QEMU's locally administered range (52:54:00). */
  newMac(): string;
}

export type Decision<R> =
  | { readonly accepted: true; readonly changes: readonly Change[]; readonly result: R }
  | { readonly accepted: false; readonly refusal: Refusal };

/** One verb, bound to its request. `name` is the method's name in logs, audit and request ids. */
export interface Command<R> {
  readonly name: string;
  decide(fleet: FleetView, context: DecisionContext): Decision<R>;
}

export function accept<R>(result: R, changes: readonly Change[]): Decision<R> {
  return { accepted: true, changes, result };
}

export function refuse(refusal: Refusal): { readonly accepted: false; readonly refusal: Refusal } {
  return { accepted: false, refusal };
}
