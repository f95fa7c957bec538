// Calls again what may be called again: reads, and mutations that carry a request_id, while the server is away.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientMiddleware } from 'nice-grpc';
import { VirtdcError } from './error.js';

const ATTEMPTS = 4;
/** Before the second attempt; doubled for each further one, jittered. */
const FIRST_PAUSE_MS = 100;

/** How long to wait before attempt `next` (2, 3, ...), ms: at most `mostMs`. */
export function pauseMs(next: number, mostMs = Number.POSITIVE_INFINITY): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(next - 2, 20), mostMs);
  return full * (0.5 + Math.random() / 2);
}

function isRepeatable(idempotencyLevel: string | undefined, request: unknown): boolean {
  if (idempotencyLevel === 'NO_SIDE_EFFECTS') return true;
  return typeof request === 'object' && request !== null && 'requestId' in request && request.requestId !== '';
}

/** Up to four attempts within about a second. Streams are not repeated: whoever reads one knows how to go on. */
export const retryTransient: ClientMiddleware = async function* retryTransient(call, options) {
  const repeatable = !call.requestStream && isRepeatable(call.method.options.idempotencyLevel, call.request);
  if (call.responseStream || !repeatable) return yield* call.next(call.request, options);
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* call.next(call.request, options);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof VirtdcError && error.isTransient)) throw error;
      await sleep(pauseMs(attempt + 1), undefined, { ...(options.signal && { signal: options.signal }) });
    }
  }
};
