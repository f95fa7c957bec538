// Who a call is from, and with which role: by a bearer token, by a client certificate, or, where the service listens on
// loopback and neither is in use, whoever reaches it.

import type { Clock } from '../ports/clock.js';
import { type AccessFile, type Complaints, openAccessFile } from './access-file.js';
import { type Assignments, certificateHolder, parseAssignments } from './certificates.js';
import { neededFor, type Role, suffices } from './roles.js';
import { holderOf, parseTokens } from './tokens.js';

/** What a call brings along. */
export interface Shown {
  /** Values of the header `authorization`. */
  readonly authorization: readonly string[];
  /** Of the verified client certificate, as Node writes it; undefined: there is none. */
  readonly subjectAltName: string | undefined;
}

export interface Caller {
  /** Empty: not known. */
  readonly principal: string;
  readonly role: Role | undefined;
  /** It may pass on the calls of others. */
  readonly isReplica?: true;
  /** Why it is not known, or not believed. */
  readonly unknown?: 'NO_CREDENTIALS' | 'BAD_TOKEN' | 'NO_REPLICA';
}

export type Verdict = 'ALLOWED' | NonNullable<Caller['unknown']> | 'ROLE_REQUIRED';

export interface Access {
  identify(shown: Shown): Caller;
  close(): void;
}

/** Of the user who reaches a service that listens on loopback only. */
export const LOCAL: Caller = { principal: 'local', role: 'admin' };

/** Everybody is `local`, and believed: who is on this machine could also be anybody else here. */
export const OPEN_ACCESS: Access = { identify: () => LOCAL, close: () => {} };

/** Who a call is from that was passed on: whoever is named, if the one who passes it on is believed. */
export function onBehalf(access: Access, shown: Caller, named: Caller): Caller {
  if (access === OPEN_ACCESS || shown.isReplica === true) return named;
  return shown.unknown === undefined ? { ...shown, role: undefined, unknown: 'NO_REPLICA' } : shown;
}

export interface AccessSettings {
  /** File of tokens; undefined: there are none. */
  readonly tokens: string | undefined;
  /** File of the roles of certificates; undefined: none has one. */
  readonly roles: string | undefined;
}

/** Throws AccessFileError; no message of it, and nothing in the log, has a secret in it. */
export async function openAccess(settings: AccessSettings, clock: Clock, log: Complaints): Promise<Access> {
  const tokens =
    settings.tokens === undefined ? undefined : await openAccessFile(settings.tokens, parseTokens, clock, log);
  let roles: AccessFile<Assignments> | undefined;
  try {
    if (settings.roles !== undefined) roles = await openAccessFile(settings.roles, parseAssignments, clock, log);
  } catch (error) {
    tokens?.close();
    throw error;
  }
  return {
    identify({ authorization, subjectAltName }) {
      // A token is shown on purpose: a bad one is no reason to look further.
      if (authorization.length > 0) {
        const secret = authorization.length === 1 ? bearerOf(authorization[0] as string) : undefined;
        const holder = secret === undefined ? undefined : holderOf(tokens?.current ?? [], secret);
        return holder ?? { principal: '', role: undefined, unknown: 'BAD_TOKEN' };
      }
      const holder =
        subjectAltName === undefined ? undefined : certificateHolder(subjectAltName, roles?.current ?? new Map());
      return holder ?? { principal: '', role: undefined, unknown: 'NO_CREDENTIALS' };
    },
    close() {
      tokens?.close();
      roles?.close();
    },
  };
}

/** The token in `Bearer TOKEN`. */
function bearerOf(header: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1];
}

/** Whether the caller may call the method; what no role was given to is denied to all. */
export function judge({ role, unknown }: Caller, path: string): Verdict {
  const needed = neededFor(path);
  if (needed === 'anyone') return 'ALLOWED';
  if (unknown !== undefined) return unknown;
  return needed !== undefined && suffices(role, needed) ? 'ALLOWED' : 'ROLE_REQUIRED';
}
