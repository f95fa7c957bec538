// Gives every call an id, logs its end (who, what, to whom, and how it came out), counts it, and tells the audit log of it.
// A line of the log is one JSON object, in which no text of a caller's can break out of its own value.

import { randomUUID } from 'node:crypto';
import { ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import { RichServerError } from 'nice-grpc-error-details';
import type { Logger } from 'pino';
import { askedOf } from '../asked.js';
import { type AuditParts, CallAudit } from '../call-audit.js';
import type { Calling } from '../parts.js';

export interface CallMeter {
  ended(method: string, code: string, ms: number): void;
}

export function requestsInterceptor(log: Logger, parts: AuditParts, meter: CallMeter) {
  const { clock } = parts;
  return async function* requests<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, Pick<Calling, 'audit'>>,
    context: Omit<Calling, 'audit'>,
  ) {
    const callId = randomUUID();
    const startedMs = clock.monotonicMs();
    context.header.set('virtdc-call-id', callId);
    let code = Status.OK;
    let failure: string | undefined;
    let reason: string | undefined;
    const asked = askedOf(call.requestStream ? undefined : call.request);
    const audit = new CallAudit(parts, context.caller, call.method, asked);
    try {
      return yield* call.next(call.request, { ...context, audit });
    } catch (error) {
      code = error instanceof ServerError ? error.code : context.signal.aborted ? Status.CANCELLED : Status.UNKNOWN;
      failure = error instanceof Error ? error.message : String(error);
      reason = reasonOf(error);
      throw error;
    } finally {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      const method = call.method.path;
      meter.ended(method, Status[code], ms);
      audit.ended(code, reason ?? '');
      const { principal, role } = context.caller;
      const told = {
        callId,
        method,
        principal,
        role,
        ...(audit.target !== '' && { target: audit.target }),
        ...(asked.requestId !== '' && { requestId: asked.requestId }),
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
