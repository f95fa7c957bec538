// One request as a careful client makes it: the same request id again and again until there is an answer that settles it.
// Each attempt is a line of the history.

import { setTimeout as sleep } from 'node:timers/promises';
import { Status } from 'nice-grpc';
import { VirtdcError } from '../../src/client/error.js';
import type { History, HistoryLine } from './history.js';

/** Whoever gets no answer for so long takes the connection for dead. */
const ATTEMPT_MS = 10_000;
const GIVE_UP_MS = 90_000;
const PAUSE_MS = 200;

export type Outcome<R> =
  | { readonly is: 'answered'; readonly answer: R }
  | { readonly is: 'refused'; readonly error: VirtdcError }
  | { readonly is: 'unknown'; readonly error: VirtdcError };

export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface Request<R> {
  readonly client: string;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Calls with what the request has, its id included: attempt 0, 1, 2 ... may go to another replica each. */
  readonly call: (options: CallOptions, attempt: number) => Promise<R>;
  /** What of the answer goes into the history. */
  readonly told: (answer: R) => Readonly<Record<string, unknown>>;
}

export interface Patience {
  readonly attemptMs?: number;
  readonly giveUpMs?: number;
  readonly signal?: AbortSignal;
}

/** Codes after which nobody knows whether it was done, or nothing was; the same id may be sent again. */
const UNSETTLED: readonly Status[] = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED];

export async function attempt<R>(history: History, request: Request<R>, patience: Patience = {}): Promise<Outcome<R>> {
  const { attemptMs = ATTEMPT_MS, giveUpMs = GIVE_UP_MS, signal: ending } = patience;
  const { client, op, args, call, told } = request;
  const giveUpAt = performance.now() + giveUpMs;
  for (let number = 0; ; number++) {
    const call_ns = process.hrtime.bigint();
    const line = (result: HistoryLine['result'], code?: string) =>
      history.add({
        client,
        op,
        args,
        call_ns,
        return_ns: process.hrtime.bigint(),
        result,
        ...(code !== undefined && { code }),
      });
    try {
      const answer = await call({ signal: AbortSignal.timeout(attemptMs) }, number);
      line({ code: 'OK', ...told(answer) });
      return { is: 'answered', answer };
    } catch (thrown) {
      const error = asError(thrown);
      const settled = !UNSETTLED.includes(error.code) || error.reason === 'HOST_UNREACHABLE';
      if (settled) {
        line({ code: error.codeName, reason: error.reason, message: error.message });
        return { is: 'refused', error };
      }
      line('unknown', error.codeName);
      if (performance.now() > giveUpAt || ending?.aborted === true) return { is: 'unknown', error };
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
  }
}

/** A call that was given up by our own clock ends with the reason of its signal. */
function asError(thrown: unknown): VirtdcError {
  if (thrown instanceof VirtdcError) return thrown;
  if (thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError')) {
    return new VirtdcError('', Status.DEADLINE_EXCEEDED, thrown.message);
  }
  throw thrown;
}
