// Request ids: what makes a mutation safe to repeat.

import { randomBytes } from 'node:crypto';

/** Unique; 23 of the 64 characters that a request id may have. */
export function newRequestId(): string {
  return `virtdc-${randomBytes(8).toString('hex')}`;
}
