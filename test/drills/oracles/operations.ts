// J: no operation stays open.

import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { eventually } from '../../eventually.js';
import type { PlainClient } from '../client.js';

const OPEN = [OperationState.PENDING, OperationState.RUNNING, OperationState.CANCELLING];

/** How long it took until all had ended, ms; rejects with those that are open when the time is up. */
export async function allEnded(client: PlainClient, withinMs = 60_000): Promise<number> {
  const beganAt = performance.now();
  let open = '';
  try {
    await eventually(
      'no operation is open',
      async () => {
        const { operations } = await client.operations.listOperations({ filter: { states: OPEN }, pageSize: 1_000 });
        open = operations
          .map(({ name, kind, target, state, step }) => `${name} ${kind} ${target} ${state} ${step}`)
          .join('; ');
        return operations.length === 0;
      },
      { withinMs, everyMs: 200 },
    );
  } catch (error) {
    throw new Error(`${String(error)}: ${open}`, { cause: error });
  }
  return performance.now() - beganAt;
}
