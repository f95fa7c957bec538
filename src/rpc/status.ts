// The one table of errors: which gRPC code each reason becomes, and how a status with its details is made.
// Everything that leaves the service as an error goes through here.

import { Status } from 'nice-grpc';
import {
  BadRequest,
  type ErrorDetails,
  ErrorInfo,
  PreconditionFailure,
  RetryInfo,
  RichServerError,
} from 'nice-grpc-error-details';
import { PlacementExplanation } from '#gen/virtdc/v1/placement.js';
import type { Refusal as RefusalMessage } from '#gen/virtdc/v1/placement_service.js';
import type { FieldViolation, Refusal, RefusalReason } from '../fleet/refusal.js';
import type { WatchEndKind } from '../watch/watch-end.js';
import { toExplanation } from './convert/placement.js';

/** Reasons that arise at the edge, not in a decision. */
export type EdgeReason =
  | WatchEndKind
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'NO_CREDENTIALS'
  | 'BAD_TOKEN'
  | 'ROLE_REQUIRED'
  | 'DOMAIN_NOT_FOUND'
  | 'NO_CONSOLE'
  | 'CONSOLE_CLOSED'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'UPLOAD_IDLE'
  | 'HOST_REFUSED'
  | 'TOO_LARGE';

export type Reason = RefusalReason | EdgeReason;

const CODE: { readonly [R in Reason]: Status } = {
  INVALID_FIELDS: Status.INVALID_ARGUMENT,
  REQUEST_ID_REUSED: Status.INVALID_ARGUMENT,
  STALE_REVISION: Status.ABORTED,
  HOST_NOT_FOUND: Status.NOT_FOUND,
  HOST_EXISTS: Status.ALREADY_EXISTS,
  HOST_HAS_GUESTS: Status.FAILED_PRECONDITION,
  HOST_IN_USE: Status.FAILED_PRECONDITION,
  HOST_UNREACHABLE: Status.UNAVAILABLE,
  HOST_ANSWERS: Status.FAILED_PRECONDITION,
  HOST_REFUSED: Status.FAILED_PRECONDITION,
  SAME_MACHINE: Status.FAILED_PRECONDITION,
  POOL_NOT_FOUND: Status.NOT_FOUND,
  POOL_EXISTS: Status.ALREADY_EXISTS,
  POOL_IN_USE: Status.FAILED_PRECONDITION,
  POOL_REQUIRED: Status.FAILED_PRECONDITION,
  IMAGE_EXISTS: Status.ALREADY_EXISTS,
  BASE_GUEST_NOT_FOUND: Status.NOT_FOUND,
  BASE_GUEST_EXISTS: Status.ALREADY_EXISTS,
  GUEST_NOT_FOUND: Status.NOT_FOUND,
  GUEST_EXISTS: Status.ALREADY_EXISTS,
  GUEST_BUSY: Status.ABORTED,
  GUEST_STATE: Status.FAILED_PRECONDITION,
  WRONG_HOST: Status.FAILED_PRECONDITION,
  NO_HOST_FITS: Status.RESOURCE_EXHAUSTED,
  HOST_DOES_NOT_FIT: Status.RESOURCE_EXHAUSTED,
  MIGRATION_IMPOSSIBLE: Status.FAILED_PRECONDITION,
  OPERATION_NOT_FOUND: Status.NOT_FOUND,
  OPERATION_ENDED: Status.FAILED_PRECONDITION,
  NOT_CANCELLABLE: Status.FAILED_PRECONDITION,
  DOMAIN_NOT_FOUND: Status.NOT_FOUND,
  NO_CONSOLE: Status.FAILED_PRECONDITION,
  CONSOLE_CLOSED: Status.ABORTED,
  TOO_LARGE: Status.RESOURCE_EXHAUSTED,
  DIGEST_MISMATCH: Status.INVALID_ARGUMENT,
  SIZE_MISMATCH: Status.INVALID_ARGUMENT,
  UPLOAD_IDLE: Status.DEADLINE_EXCEEDED,
  REVISION_COMPACTED: Status.OUT_OF_RANGE,
  REVISION_FUTURE: Status.OUT_OF_RANGE,
  TOO_MANY_WATCHERS: Status.RESOURCE_EXHAUSTED,
  WATCH_BLOCKED: Status.RESOURCE_EXHAUSTED,
  SHUTTING_DOWN: Status.UNAVAILABLE,
  UNAVAILABLE: Status.UNAVAILABLE,
  NO_CREDENTIALS: Status.UNAUTHENTICATED,
  BAD_TOKEN: Status.UNAUTHENTICATED,
  ROLE_REQUIRED: Status.PERMISSION_DENIED,
  INTERNAL: Status.INTERNAL,
};

/** Every reason there is: the protos say where each arises. */
export const REASONS = Object.keys(CODE) as readonly Reason[];

const DOMAIN = 'virtdc.dev';

export interface StatusParts {
  readonly metadata?: Readonly<Record<string, string | number>>;
  readonly violations?: readonly FieldViolation[];
  readonly retryAfterMs?: number;
  readonly more?: readonly ErrorDetails[];
}

/** An error as the caller gets it: the code, the sentence, and the reason with every number as data. */
export function statusError(reason: Reason, message: string, parts: StatusParts = {}): RichServerError {
  const code = CODE[reason];
  const metadata = Object.fromEntries(Object.entries(parts.metadata ?? {}).map(([key, value]) => [key, String(value)]));
  const details: ErrorDetails[] = [ErrorInfo.fromPartial({ reason, domain: DOMAIN, metadata })];
  const violations = parts.violations ?? [];
  if (violations.length > 0) {
    details.push(
      BadRequest.fromPartial({ fieldViolations: violations.map(({ field, description }) => ({ field, description })) }),
    );
  }
  if (code === Status.FAILED_PRECONDITION) {
    const subject = Object.values(metadata)[0] ?? '';
    details.push(PreconditionFailure.fromPartial({ violations: [{ type: reason, subject, description: message }] }));
  }
  if (parts.retryAfterMs !== undefined) {
    const seconds = Math.floor(parts.retryAfterMs / 1_000);
    details.push(RetryInfo.fromPartial({ retryDelay: { seconds, nanos: (parts.retryAfterMs % 1_000) * 1_000_000 } }));
  }
  return new RichServerError(code, message, [...details, ...(parts.more ?? [])]);
}

export function refusalError(refusal: Refusal, revision: number): RichServerError {
  const { reason, message, metadata, violations, explanation } = refusal;
  const more: ErrorDetails[] = [];
  if (explanation !== undefined) {
    const value = PlacementExplanation.encode(toExplanation(explanation, revision)).finish();
    more.push({
      $type: 'google.protobuf.Any',
      typeUrl: 'type.googleapis.com/virtdc.v1.PlacementExplanation',
      value: Buffer.from(value),
    });
  }
  return statusError(reason, message, { metadata, violations, more });
}

/** One of many refusals in an answer: what would have been its status. */
export function toRefusal(refusal: Refusal, revision: number): RefusalMessage {
  const { reason, message, metadata, violations, explanation } = refusal;
  return {
    code: CODE[reason],
    reason,
    message,
    metadata: { ...metadata },
    violations: violations.map(({ field, description }) => ({ field, description })),
    explanation: explanation && toExplanation(explanation, revision),
  };
}
