// Expected refusals, as values: a closed list of reasons, with every number of the sentence as data.
// Which gRPC code a reason becomes is decided in rpc/status.ts alone.

import type { Explanation } from './explanation.js';

export type RefusalReason =
  | 'INVALID_FIELDS'
  | 'REQUEST_ID_REUSED'
  | 'STALE_REVISION'
  | 'HOST_NOT_FOUND'
  | 'HOST_EXISTS'
  | 'HOST_HAS_GUESTS'
  | 'HOST_IN_USE'
  | 'HOST_UNREACHABLE'
  | 'HOST_ANSWERS'
  | 'SAME_MACHINE'
  | 'POOL_NOT_FOUND'
  | 'POOL_EXISTS'
  | 'POOL_IN_USE'
  | 'POOL_REQUIRED'
  | 'IMAGE_EXISTS'
  | 'BASE_GUEST_NOT_FOUND'
  | 'BASE_GUEST_EXISTS'
  | 'GUEST_NOT_FOUND'
  | 'GUEST_EXISTS'
  | 'GUEST_BUSY'
  | 'GUEST_STATE'
  | 'WRONG_HOST'
  | 'NO_HOST_FITS'
  | 'HOST_DOES_NOT_FIT'
  | 'MIGRATION_IMPOSSIBLE'
  | 'OPERATION_NOT_FOUND'
  | 'OPERATION_ENDED'
  | 'NOT_CANCELLABLE';

export interface FieldViolation {
  /** Path of the field in the request, as in the proto: guest.memory_kib. */
  readonly field: string;
  readonly description: string;
}

export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** For INVALID_FIELDS: all of them. */
  readonly violations: readonly FieldViolation[];
  /** For NO_HOST_FITS and HOST_DOES_NOT_FIT. */
  readonly explanation: Explanation | undefined;
}

export function refusal(
  reason: RefusalReason,
  message: string,
  metadata: Readonly<Record<string, string | number>> = {},
  more: Partial<Pick<Refusal, 'violations' | 'explanation'>> = {},
): Refusal {
  const texts = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
  return { reason, message, metadata: texts, violations: more.violations ?? [], explanation: more.explanation };
}

export function invalidFields(violations: readonly FieldViolation[]): Refusal {
  const message = violations.map((v) => `${v.field}: ${v.description}`).join('; ');
  return refusal('INVALID_FIELDS', message, {}, { violations });
}

/** Tells a refusal from what a check answers when it passes. */
export function isRefusal(value: object | undefined): value is Refusal {
  return value !== undefined && 'reason' in value && 'violations' in value && 'explanation' in value;
}
