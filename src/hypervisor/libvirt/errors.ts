// libvirt's errors in the terms of the port: by their codes alone, never by their texts.

import {
  CallWithheldError,
  ConnectFailedError,
  ErrorCode,
  InvalidUriError,
  isNoDomain,
  isOperationInvalid,
  isOperationUnsupported,
  LibvirtError,
  UnansweredError,
} from '../../libvirt/client.js';
import { HypervisorError, type HypervisorErrorKind } from '../../ports/hypervisor.js';

/** Codes with a meaning of their own; every other answer of libvirt is a plain refusal. */
const KIND_OF: ReadonlyMap<number, HypervisorErrorKind> = new Map([
  [ErrorCode.NO_DOMAIN, 'NO_DOMAIN'],
  [ErrorCode.NO_STORAGE_POOL, 'NO_POOL'],
  [ErrorCode.NO_STORAGE_VOL, 'NO_VOLUME'],
  [ErrorCode.DOM_EXIST, 'CONFLICT'],
  [ErrorCode.STORAGE_VOL_EXIST, 'CONFLICT'],
  [ErrorCode.RESOURCE_BUSY, 'CONFLICT'],
  // The domain's lock was not to be had: another job holds it.
  [ErrorCode.OPERATION_TIMEOUT, 'CONFLICT'],
  [ErrorCode.AGENT_UNRESPONSIVE, 'AGENT_UNAVAILABLE'],
  [ErrorCode.AGENT_UNSYNCED, 'AGENT_UNAVAILABLE'],
  [ErrorCode.OPERATION_ABORTED, 'JOB_ABORTED'],
  [ErrorCode.NO_SUPPORT, 'UNSUPPORTED'],
  [ErrorCode.OPERATION_UNSUPPORTED, 'UNSUPPORTED'],
  [ErrorCode.ARGUMENT_UNSUPPORTED, 'UNSUPPORTED'],
  [ErrorCode.CONFIG_UNSUPPORTED, 'UNSUPPORTED'],
  [ErrorCode.CPU_INCOMPATIBLE, 'UNSUPPORTED'],
  [ErrorCode.MIGRATE_UNSAFE, 'UNSUPPORTED'],
]);

/** What a call rejects with, for the callers of the port. Anything that is no failure of a call (a bug) stays as it is. */
export function translated(error: unknown, hostname: string): unknown {
  if (error instanceof HypervisorError) return error;
  const kind = kindOf(error);
  if (kind === undefined || !(error instanceof Error)) return error;
  return new HypervisorError(kind, hostname, error.message, { cause: error });
}

function kindOf(error: unknown): HypervisorErrorKind | undefined {
  if (error instanceof LibvirtError) return KIND_OF.get(error.code) ?? 'REFUSED';
  if (error instanceof ConnectFailedError) return 'UNREACHABLE';
  // Of a method that makes several calls the ones before may have been sent: it is to be looked at.
  if (error instanceof CallWithheldError) return 'UNKNOWN_OUTCOME';
  if (error instanceof UnansweredError) return error.outcome === 'NOT_SENT' ? 'UNREACHABLE' : 'UNKNOWN_OUTCOME';
  if (error instanceof InvalidUriError) return 'UNSUPPORTED';
  return undefined;
}

/** libvirt's answer, as opposed to none: the call was looked at and ended. */
export function isAnswer(error: unknown): error is LibvirtError {
  return error instanceof LibvirtError;
}

/** libvirt's answers to a question about jobs where there is none, or none that this side of it can be asked about. */
export function isNoJob(error: unknown): boolean {
  return isOperationInvalid(error) || isOperationUnsupported(error);
}

/** The call's value, or undefined where libvirt answers that there is no such domain. */
export async function unlessNoDomain<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNoDomain(error)) return undefined;
    throw error;
  }
}

/** The call's value, or `otherwise` where the predicate says that this answer of libvirt means no more than that. */
export async function orElse<T, U>(
  call: Promise<T>,
  expected: (error: unknown) => boolean,
  otherwise: U,
): Promise<T | U> {
  try {
    return await call;
  } catch (error) {
    if (expected(error)) return otherwise;
    throw error;
  }
}
