// What an error of the database means for whoever called: the one table from SQLSTATEs to kinds of InventoryError.

import { DeadlineError } from '../ports/clock.js';
import { InventoryError, type InventoryErrorKind } from '../ports/inventory.js';

/** By the first two characters, the class. What is missing here is a bug of ours (42: no such column, say). */
const KIND_OF_CLASS: Readonly<Record<string, InventoryErrorKind>> = {
  '08': 'UNAVAILABLE', // the connection
  '22': 'POISON', // data that does not fit its type
  '23': 'POISON', // a constraint
  '25': 'UNAVAILABLE', // transaction state: read-only after a failover, idle too long
  '28': 'UNAVAILABLE', // who we are was not accepted
  '3D': 'UNAVAILABLE', // no such database (yet)
  '40': 'UNAVAILABLE', // serialization failure, deadlock
  '53': 'UNAVAILABLE', // too many connections, disk or memory full
  '54': 'POISON', // a row too large
  '55': 'UNAVAILABLE', // a lock was not to be had
  '57': 'UNAVAILABLE', // cancelled, shut down, starting up
  '58': 'UNAVAILABLE', // trouble of the server's machine
  XX: 'UNAVAILABLE', // trouble inside the server
};

/** The SQLSTATE of an error, also of one that drizzle wrapped; undefined if it did not come from the server. */
export function sqlstateOf(error: unknown): string | undefined {
  const { code, severity } = facts(error);
  return severity === undefined ? undefined : code;
}

/** Whether the connection is of no use after this error. */
export function endsSession(error: unknown): boolean {
  const { severity } = facts(error);
  return severity === undefined ? wayIsLost(error) : severity === 'FATAL' || severity === 'PANIC';
}

/**
 * What a failure means: `sent` tells whether the server may have got the statement. An error that ends its session leaves
 * open whether what it was doing was done. Errors that are no trouble of the database but bugs come back as they are.
 */
export function translated(error: unknown, sent: 'SENT' | 'NOT_SENT'): Error {
  if (error instanceof InventoryError) return error;
  const { code, severity, message } = facts(error);
  if (sent === 'NOT_SENT' && severity === undefined)
    return new InventoryError('UNAVAILABLE', message, { cause: error });
  if (endsSession(error)) {
    return new InventoryError(sent === 'SENT' ? 'UNKNOWN_OUTCOME' : 'UNAVAILABLE', message, { cause: error });
  }
  const kind = KIND_OF_CLASS[code?.slice(0, 2) ?? ''];
  if (severity !== undefined && kind !== undefined) {
    return new InventoryError(kind, `${message} (${code})`, { cause: error });
  }
  return error instanceof Error ? error : new Error(message, { cause: error });
}

/** The way to the server was lost, or our patience with it. */
function wayIsLost(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  const { code, cause } = error as Record<string, unknown>;
  if (typeof code === 'string' && LOST.test(code)) return true;
  return cause instanceof Error && wayIsLost(cause);
}

/** Codes of postgres.js (CONNECTION_CLOSED ...), of the system (ECONNRESET, EPIPE ...) and of Node's sockets. */
const LOST = /^(?:CONNECT[A-Z_]*|E[A-Z0-9]+|ERR_(?:STREAM|SOCKET|SSL|TLS)_[A-Z_]+)$/;

interface Facts {
  readonly code: string | undefined;
  readonly severity: string | undefined;
  readonly message: string;
}

function facts(error: unknown): Facts {
  const { code, severity, cause, message } = error as Record<string, unknown>;
  if (severity === undefined && cause instanceof Error) return facts(cause);
  return { code: text(code), severity: text(severity), message: text(message) ?? String(error) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
