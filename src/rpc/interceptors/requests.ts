// Gives every call an id, logs its end with the code and the time it took, and counts it.

import { randomUUID } from 'node:crypto';
import { ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import type { Logger } from 'pino';
import type { Clock } from '../../ports/clock.js';
import type { Calling } from '../parts.js';

export interface CallMeter {
  ended(method: string, code: string, ms: number): void;
}

export function requestsInterceptor(log: Logger, clock: Clock, meter: CallMeter) {
  return async function* requests<Request, Response>(call: ServerMiddlewareCall<Request, Response>, context: Calling) {
    const callId = randomUUID();
    const startedMs = clock.monotonicMs();
    context.header.set('virtdc-call-id', callId);
    let code = Status.OK;
    let failure: string | undefined;
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      code = error instanceof ServerError ? error.code : context.signal.aborted ? Status.CANCELLED : Status.UNKNOWN;
      failure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      const method = call.method.path;
      meter.ended(method, Status[code], ms);
      const { principal } = context.caller;
      log.info({ callId, method, principal, code: Status[code], ms, peer: context.peer, failure }, 'call');
    }
  };
}
