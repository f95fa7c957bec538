// The outermost interceptor: whatever a handler throws becomes a status of the one table. What is no known error is a bug:
// it is logged with its stack, and the caller gets INTERNAL with an id to find it by, and nothing else.

import { randomUUID } from 'node:crypto';
import { type CallContext, ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import type { Logger } from 'pino';
import { UnavailableError } from '../../authority/authority.js';
import { HypervisorError, type HypervisorErrorKind } from '../../ports/hypervisor.js';
import { WatchEnd } from '../../watch/watch-end.js';
import { type Reason, statusError } from '../status.js';

const UNAVAILABLE_RETRY_MS = 1_000;

const REASON_OF_HOST: { readonly [K in HypervisorErrorKind]: Reason } = {
  UNREACHABLE: 'HOST_UNREACHABLE',
  UNKNOWN_OUTCOME: 'HOST_UNREACHABLE',
  NO_DOMAIN: 'DOMAIN_NOT_FOUND',
  NO_VOLUME: 'HOST_REFUSED',
  NO_POOL: 'POOL_NOT_FOUND',
  CONFLICT: 'HOST_REFUSED',
  AGENT_UNAVAILABLE: 'HOST_REFUSED',
  JOB_ABORTED: 'HOST_REFUSED',
  UNSUPPORTED: 'HOST_REFUSED',
  REFUSED: 'HOST_REFUSED',
};

function statusOf(error: unknown, method: string, log: Logger): Error {
  if (error instanceof ServerError) return error;
  if (error instanceof UnavailableError) {
    return statusError('UNAVAILABLE', error.message, { retryAfterMs: UNAVAILABLE_RETRY_MS });
  }
  if (error instanceof WatchEnd) return statusError(error.kind, error.message, { metadata: watchMetadata(error) });
  if (error instanceof HypervisorError) {
    return statusError(REASON_OF_HOST[error.kind], `host ${error.hostname}: ${error.message}`, {
      metadata: { hostname: error.hostname, kind: error.kind },
    });
  }
  const id = randomUUID();
  log.error({ err: error, method, errorId: id }, 'a handler threw what is no known error');
  return statusError('INTERNAL', `internal error ${id}`, { metadata: { error_id: id } });
}

function watchMetadata({ kind, revision }: WatchEnd): Record<string, string> {
  if (kind === 'REVISION_COMPACTED') return { oldest_revision: String(revision) };
  if (kind === 'REVISION_FUTURE') return { latest_revision: String(revision) };
  return { resume_revision: String(revision) };
}

export function errorsInterceptor(log: Logger) {
  return async function* errors<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      // A caller that went away is told nothing, and is no error of ours.
      if (context.signal.aborted)
        throw error instanceof ServerError ? error : new ServerError(Status.CANCELLED, 'cancelled');
      throw statusOf(error, call.method.path, log);
    }
  };
}
