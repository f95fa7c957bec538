// Asking for what a crash point is struck in, until it is settled, and waiting for its end.

import type { Operation } from '#gen/virtdc/v1/operation.js';
import { isEnded } from '../../src/client/wait.js';
import { attempt } from './attempts.js';
import type { Cast, CrashCase } from './crash-cases.js';
import type { CrashStage } from './crash-stage.js';

/** Whatever dies in between. */
export const TERMINAL_WITHIN_MS = 60_000;
const POLL_S = 10;

export interface Again {
  readonly operation?: string | undefined;
  readonly refused?: string;
}

/** Until it is settled. A defect that shows is no settlement: with its request id it is asked again. */
export async function askAgain(
  { client, history }: CrashStage,
  cast: Cast,
  one: CrashCase,
  requestId: string,
): Promise<Again> {
  const request = {
    client: 'd1',
    op: one.name,
    args: { requestId },
    call: ({ signal }: { signal: AbortSignal }) => one.ask(client, cast, { requestId, signal }),
    told: ({ operation }: { operation?: Operation | undefined }) => ({ operation: operation?.name }),
  };
  for (;;) {
    const outcome = await attempt(history, request);
    if (outcome.is === 'answered') return { operation: outcome.answer.operation?.name };
    if (outcome.error.reason !== 'INTERNAL') return { refused: `${outcome.error.codeName} ${outcome.error.reason}` };
  }
}

/** The operation when it has ended; as it is, when it does not end in time. */
export async function endOf(set: CrashStage, name: string): Promise<Operation | undefined> {
  const until = performance.now() + TERMINAL_WITHIN_MS;
  for (;;) {
    const { operation } = await set.client.operations.waitOperation({ name, timeoutS: POLL_S });
    if (operation === undefined || isEnded(operation) || performance.now() > until) return operation;
  }
}

export function told(operation: Operation | undefined): string {
  if (operation === undefined) return 'done';
  return operation.error?.reason ?? operation.state.slice('OPERATION_STATE_'.length);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
