// Operations as commands create them: committed with the intent, driven by the executor from then on.

import { put } from '../fleet/change.js';
import { accept, type Decision, type DecisionContext } from '../fleet/decision.js';
import type { Guest, GuestState } from '../fleet/guest.js';
import type { Operation, OperationInput } from '../fleet/operation.js';
import { NOTHING } from '../fleet/resources.js';

/** What a verb on a guest answers: the guest as of the commit, and what is being done to it. */
export interface GuestOperation {
  readonly guest: Guest;
  readonly operation: Operation;
}

export function newOperation(
  context: DecisionContext,
  input: OperationInput,
  target: string,
  more: Partial<Pick<Operation, 'name' | 'parent' | 'notes' | 'charged' | 'decision'>> = {},
): Operation {
  return {
    name: more.name ?? context.newOperationName(),
    input,
    target,
    parent: more.parent ?? '',
    principal: context.principal,
    state: 'PENDING',
    step: '',
    notes: more.notes ?? {},
    cancelRequested: false,
    error: undefined,
    migration: undefined,
    charged: more.charged ?? NOTHING,
    decision: more.decision,
    createdAt: context.now,
    startedAt: undefined,
    endedAt: undefined,
    revision: 0,
  };
}

/** An operation that found nothing to do: it has succeeded when it is accepted. */
export function doneOperation(context: DecisionContext, input: OperationInput, target: string): Operation {
  return {
    ...newOperation(context, input, target),
    state: 'SUCCEEDED',
    startedAt: context.now,
    endedAt: context.now,
  };
}

/** Accepts a verb that only acts on the guest's own host: the operation, and the guest held by it. */
export function beginOn(
  context: DecisionContext,
  guest: Guest,
  input: OperationInput,
  state: GuestState = guest.state,
): Decision<GuestOperation> {
  const operation = newOperation(context, input, guest.vmid);
  const held: Guest = { ...guest, state, stateReason: '', operation: operation.name };
  return accept({ guest: held, operation }, [put('guest', held), put('operation', operation)]);
}
