// CancelOperation: asks an open operation to stop and undo itself. Past its point of no return it succeeds all the same.

import { type Change, put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { isOpen, type Operation, type OperationKind } from '../fleet/operation.js';
import { refusal } from '../fleet/refusal.js';

export interface CancelOperationRequest {
  readonly operation: string;
}

/** A guest that is being terminated cannot be kept: part of it is gone. */
const ONLY_FORWARD: ReadonlySet<OperationKind> = new Set(['TERMINATE_GUEST']);

export function cancelOperation(request: CancelOperationRequest): Command<Operation> {
  return {
    name: 'CancelOperation',
    decide(fleet) {
      const name = request.operation;
      const operation = fleet.get('operation', name);
      if (operation === undefined) {
        return refuse(refusal('OPERATION_NOT_FOUND', `there is no operation ${name}`, { operation: name }));
      }
      const { state, input } = operation;
      if (!isOpen(operation)) {
        const message = `operation ${name} has ended already: ${state}`;
        return refuse(refusal('OPERATION_ENDED', message, { operation: name, state }));
      }
      if (ONLY_FORWARD.has(input.kind)) {
        const message = `operation ${name} is a ${input.kind}, which cannot be cancelled`;
        return refuse(refusal('NOT_CANCELLABLE', message, { operation: name, kind: input.kind }));
      }
      if (operation.cancelRequested) return accept(operation, []);
      return accept(cancelled(operation), cancellation(fleet, operation));
    },
  };
}

/** The operation asked to stop, and the move that is a part of it. */
export function cancellation(fleet: FleetView, operation: Operation): readonly Change[] {
  const part = 'move' in operation.input ? fleet.get('operation', operation.input.move) : undefined;
  return [operation, part]
    .filter((one): one is Operation => one !== undefined && isOpen(one) && !one.cancelRequested)
    .map((one) => put('operation', cancelled(one)));
}

function cancelled(operation: Operation): Operation {
  return { ...operation, state: 'CANCELLING', cancelRequested: true };
}
