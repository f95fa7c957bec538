// Waits for an operation by long polls, through restarts of the service: an operation outlives its server.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import type { OperationsClient } from '#gen/virtdc/v1/operations_service.js';
import { VirtdcError } from './error.js';

const DEFAULT_POLL_S = 30;
const DEFAULT_PATIENCE_MS = 60_000;
const PAUSE_MS = 500;

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Told each time the server answers, the last time with the end. */
  readonly onProgress?: (operation: Operation) => void;
  /** How long one poll takes at most, s, 1 to 60: how often onProgress is told. Default 30. */
  readonly pollS?: number;
  /** How long the server may be away before its error is thrown, ms. Default 60,000. */
  readonly patienceMs?: number;
}

export function isEnded({ state }: { readonly state: OperationState }): boolean {
  return state === OperationState.SUCCEEDED || state === OperationState.FAILED || state === OperationState.CANCELLED;
}

/** The operation with its end: SUCCEEDED, FAILED or CANCELLED. Rejects when the signal aborts. */
export async function waitForOperation(
  operations: Pick<OperationsClient, 'waitOperation'>,
  name: string,
  { signal, onProgress, pollS = DEFAULT_POLL_S, patienceMs = DEFAULT_PATIENCE_MS }: WaitOptions = {},
): Promise<Operation> {
  const cancellable = signal === undefined ? {} : { signal };
  let lastHeard = performance.now();
  for (;;) {
    try {
      const { operation } = await operations.waitOperation({ name, timeoutS: pollS }, cancellable);
      if (operation === undefined) throw new Error(`the server answered nothing about ${name}`);
      lastHeard = performance.now();
      onProgress?.(operation);
      if (isEnded(operation)) return operation;
    } catch (error) {
      const away = error instanceof VirtdcError && error.isTransient && performance.now() - lastHeard < patienceMs;
      if (!away) throw error;
      await sleep(PAUSE_MS, undefined, cancellable);
    }
  }
}
