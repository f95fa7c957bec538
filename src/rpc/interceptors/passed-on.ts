// What replicas write beside a call that one passes on to another: that it is passed on, and whose it is; and what they
// write beside the answer.

import type { CallContext } from 'nice-grpc';
import { Metadata } from 'nice-grpc';
import { z } from 'zod';
import type { Caller } from '../../access/principals.js';
import { ROLES } from '../../access/roles.js';

/** Names the process that passed the call on: there is one hop, and no second. */
const BY_HEADER = 'virtdc-passed-on-by';
const CALLER_HEADER = 'virtdc-caller-bin';
/** Of the last change that the answer may rest on. */
const REVISION_TRAILER = 'virtdc-revision';

const Named = z.object({ principal: z.string().max(1_024), role: z.enum(ROLES).optional() });
const NOBODY: Caller = { principal: '', role: undefined, unknown: 'NO_CREDENTIALS' };

type Headers = CallContext['metadata'];

export function isPassedOn(headers: Headers): boolean {
  return headers.has(BY_HEADER);
}

/** Whose call it is said to be; undefined if nobody is named. */
export function passedOnFor(headers: Headers): Caller | undefined {
  const told = headers.get(CALLER_HEADER);
  if (told === undefined) return undefined;
  try {
    const { principal, role } = Named.parse(JSON.parse(Buffer.from(told).toString()));
    return { principal, role };
  } catch {
    return NOBODY;
  }
}

/** The headers of a call that is passed on: with its caller named, or with the token that it showed. */
export function passedOn(
  headers: Headers,
  { principal, role }: Caller,
  by: string,
  naming: 'CALLER' | 'TOKEN',
): Metadata {
  const metadata = Metadata().set(BY_HEADER, by);
  if (naming === 'CALLER') return metadata.set(CALLER_HEADER, Buffer.from(JSON.stringify({ principal, role })));
  return metadata.set('authorization', headers.getAll('authorization'));
}

export function tellRevision(trailer: Headers, revision: number): void {
  trailer.set(REVISION_TRAILER, String(revision));
}

/** Takes it out of the trailer; 0 where there is none. */
export function toldRevision(trailer: Headers): number {
  const revision = Number(trailer.get(REVISION_TRAILER) ?? 0);
  trailer.delete(REVISION_TRAILER);
  return Number.isSafeInteger(revision) ? revision : 0;
}
