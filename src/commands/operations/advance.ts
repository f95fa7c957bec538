// What the executor commits about an operation: the step it enters, the marks it leaves, and how it ended.

import { type Change, put } from '../../fleet/change.js';
import { accept, type Command, refuse } from '../../fleet/decision.js';
import type { FleetView } from '../../fleet/fleet.js';
import { isOpen, type Operation } from '../../fleet/operation.js';
import { refusal } from '../../fleet/refusal.js';

export type OperationPatch = Partial<
  Pick<Operation, 'state' | 'step' | 'notes' | 'error' | 'migration' | 'startedAt' | 'endedAt'>
>;

/** Changes that belong to the same commit, made from the fleet as it is then. */
export type Effects = (fleet: FleetView, operation: Operation, now: Date) => readonly Change[];

/** Patches an open operation; notes are merged. Refused with OPERATION_ENDED once it is not open any more. */
export function advance(name: string, patch: OperationPatch, effects: Effects = () => []): Command<Operation> {
  return {
    name: 'advance',
    decide(fleet, context) {
      const operation = fleet.get('operation', name);
      if (operation === undefined) {
        return refuse(refusal('OPERATION_NOT_FOUND', `no operation ${name}`, { operation: name }));
      }
      if (!isOpen(operation)) {
        return refuse(refusal('OPERATION_ENDED', `${name} has ended: ${operation.state}`, { operation: name }));
      }
      const notes = { ...operation.notes, ...patch.notes };
      const startedAt = operation.startedAt ?? notBefore(operation.createdAt, context.now);
      const endedAt = patch.endedAt && notBefore(startedAt, patch.endedAt);
      const next: Operation = { ...operation, startedAt, ...patch, endedAt, notes };
      return accept(next, [put('operation', next), ...effects(fleet, next, context.now)]);
    },
  };
}

/** The clock may have been set back meanwhile, and another replica's may be another: nothing ends before it begins. */
function notBefore(earliest: Date, at: Date): Date {
  return at < earliest ? earliest : at;
}
