// Gives every call an id, logs its end (who, what, to whom, and how it came out) and counts it. A line of the log is one
// JSON object, in which no text of a caller's can break out of its own value.

import { randomUUID } from 'node:crypto';
import { ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import { RichServerError } from 'nice-grpc-error-details';
import type { Logger } from 'pino';
import { LIMITS } from '../../limits.js';
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
    let reason: string | undefined;
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      code = error instanceof ServerError ? error.code : context.signal.aborted ? Status.CANCELLED : Status.UNKNOWN;
      failure = error instanceof Error ? error.message : String(error);
      reason = reasonOf(error);
      throw error;
    } finally {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      const method = call.method.path;
      meter.ended(method, Status[code], ms);
      const { principal, role } = context.caller;
      const asked = call.requestStream ? {} : askedOf(call.request);
      const told = {
        callId,
        method,
        principal,
        role,
        ...asked,
        code: Status[code],
        reason,
        ms,
        peer: context.peer,
        failure,
      };
      if (code === Status.UNAUTHENTICATED || code === Status.PERMISSION_DENIED) log.warn(told, 'call denied');
      else log.info(told, 'call');
    }
  };
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof RichServerError)) return undefined;
  for (const detail of error.extra) if (detail.$type === 'google.rpc.ErrorInfo') return detail.reason;
  return undefined;
}

/** What a call was about, as it says itself: nothing of it was checked where the call was denied. */
function askedOf(request: unknown): { target?: string; requestId?: string } {
  const { vmid, hostname, name, operation, requestId } = request as { readonly [field: string]: unknown };
  const target = [vmid, hostname, name, operation].find((field) => typeof field === 'string' && field !== '');
  return {
    ...(typeof target === 'string' && { target: target.slice(0, LIMITS.maxLoggedChars) }),
    ...(typeof requestId === 'string' && requestId !== '' && { requestId: requestId.slice(0, LIMITS.maxLoggedChars) }),
  };
}
