// What can go wrong in a call, as classes: the daemon's own answer (LibvirtError), and everything that leaves the
// caller without an answer, each of which says whether the request may have taken effect.
import { ErrorCode } from './error-code.js';

/** The daemon answered with an error: the request was looked at and refused, or failed. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  constructor(
    /** virErrorNumber, see `ErrorCode`. */
    readonly code: number,
    /** virErrorDomain: the part of libvirt that raised it. */
    readonly domain: number,
    /** virErrorLevel: 1 warning, 2 error. */
    readonly level: number,
    message: string,
    /** The procedure that was called. */
    readonly procedure: string,
  ) {
    super(message);
  }
}

/**
 * NOT_SENT: no byte of the request left this process, it cannot have taken effect.
 * UNKNOWN: it may have been carried out, or still will be (a frozen daemon does so when it thaws).
 */
export type Outcome = 'NOT_SENT' | 'UNKNOWN';

/** No answer came. `outcome` says whether the request may have taken effect all the same. */
export abstract class UnansweredError extends Error {
  abstract readonly outcome: Outcome;
}

export type CloseKind = 'LOCAL' | 'PEER' | 'SOCKET_ERROR' | 'KEEPALIVE' | 'PROTOCOL';

/** Why a connection ended. */
export interface CloseReason {
  readonly kind: CloseKind;
  readonly message: string;
  readonly cause?: unknown;
}

/** The connection ended (or there was none) before the answer. */
export class ConnectionClosedError extends UnansweredError {
  override readonly name = 'ConnectionClosedError';
  constructor(
    readonly reason: CloseReason,
    override readonly outcome: Outcome,
  ) {
    super(`libvirt connection closed: ${reason.message}`, { cause: reason.cause });
  }
}

/** The deadline passed. The call is not cancelled at the daemon. */
export class DeadlineExceededError extends UnansweredError {
  override readonly name = 'DeadlineExceededError';
  constructor(
    procedure: string,
    readonly deadlineMs: number,
    override readonly outcome: Outcome,
  ) {
    super(`${procedure}: no answer within ${deadlineMs} ms`);
  }
}

/** The caller's AbortSignal fired; its reason is `cause`. The call is not cancelled at the daemon. */
export class CallAbortedError extends UnansweredError {
  override readonly name = 'CallAbortedError';
  constructor(
    procedure: string,
    override readonly outcome: Outcome,
    reason: unknown,
  ) {
    super(`${procedure}: given up by the caller`, { cause: reason });
  }
}

/** Too many calls wait on this connection already. */
export class QueueFullError extends UnansweredError {
  override readonly name = 'QueueFullError';
  override readonly outcome = 'NOT_SENT';
  constructor(
    procedure: string,
    readonly limit: number,
  ) {
    super(`${procedure}: ${limit} calls wait already`);
  }
}

/** When its turn to be sent came, nothing was to be changed any more (see ConnectOptions.mayChange). */
export class CallWithheldError extends UnansweredError {
  override readonly name = 'CallWithheldError';
  override readonly outcome = 'NOT_SENT';
  constructor(procedure: string) {
    super(`${procedure}: withheld, as nothing may be changed from here now`);
  }
}

/** The peer sent what the protocol does not allow. */
export class ProtocolViolationError extends UnansweredError {
  override readonly name = 'ProtocolViolationError';
  override readonly outcome = 'UNKNOWN';
}

export type ConnectFailure =
  | 'SOCKET'
  | 'TLS'
  | 'SSH'
  | 'AUTHENTICATION'
  | 'DEADLINE'
  | 'ABORTED'
  | 'CLOSED'
  | 'CREDENTIALS';

/** No connection could be made. No request of the caller was sent. */
export class ConnectFailedError extends UnansweredError {
  override readonly name = 'ConnectFailedError';
  override readonly outcome = 'NOT_SENT';
  constructor(
    readonly failure: ConnectFailure,
    message: string,
    /** Node's or OpenSSL's code (ECONNREFUSED, ENOENT, CERT_HAS_EXPIRED ...), where there is one. */
    readonly code?: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** True where the request may have taken effect though no answer came. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof UnansweredError && error.outcome === 'UNKNOWN';
}

function codeIs(...codes: number[]): (error: unknown) => error is LibvirtError {
  return (error): error is LibvirtError => error instanceof LibvirtError && codes.includes(error.code);
}

export const isNoDomain = codeIs(ErrorCode.NO_DOMAIN);
export const isDomainExists = codeIs(ErrorCode.DOM_EXIST);
export const isNoPool = codeIs(ErrorCode.NO_STORAGE_POOL);
export const isNoVolume = codeIs(ErrorCode.NO_STORAGE_VOL);
export const isVolumeExists = codeIs(ErrorCode.STORAGE_VOL_EXIST);
export const isNoNetwork = codeIs(ErrorCode.NO_NETWORK);
export const isNoMetadata = codeIs(ErrorCode.NO_DOMAIN_METADATA);
/** The object is in a state that does not allow it (not running, no job active ...). */
export const isOperationInvalid = codeIs(ErrorCode.OPERATION_INVALID);
export const isOperationFailed = codeIs(ErrorCode.OPERATION_FAILED);
/** libvirt's own time-out: a job lock was not free, or an unplug did not finish. */
export const isOperationTimeout = codeIs(ErrorCode.OPERATION_TIMEOUT);
/** A job was cancelled (by ABORT_JOB, or the connection that drove it went away). */
export const isOperationAborted = codeIs(ErrorCode.OPERATION_ABORTED);
export const isOperationUnsupported = codeIs(ErrorCode.OPERATION_UNSUPPORTED, ErrorCode.NO_SUPPORT);
export const isArgumentUnsupported = codeIs(ErrorCode.ARGUMENT_UNSUPPORTED);
export const isConfigUnsupported = codeIs(ErrorCode.CONFIG_UNSUPPORTED);
export const isInvalidArgument = codeIs(ErrorCode.INVALID_ARG);
export const isXmlError = codeIs(ErrorCode.XML_ERROR, ErrorCode.XML_DETAIL, ErrorCode.XML_INVALID_SCHEMA);
/** The guest agent is not connected, or did not answer in time. */
export const isAgentUnresponsive = codeIs(ErrorCode.AGENT_UNRESPONSIVE, ErrorCode.AGENT_UNSYNCED);
export const isMigrateUnsafe = codeIs(ErrorCode.MIGRATE_UNSAFE);
export const isCpuIncompatible = codeIs(ErrorCode.CPU_INCOMPATIBLE);
export const isDeviceMissing = codeIs(ErrorCode.DEVICE_MISSING);
export const isResourceBusy = codeIs(ErrorCode.RESOURCE_BUSY);
export const isAccessDenied = codeIs(ErrorCode.OPERATION_DENIED, ErrorCode.ACCESS_DENIED, ErrorCode.AUTH_FAILED);
