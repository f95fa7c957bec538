// Callers by their certificates: the names that a subject alternative name gives, and the roles of these names, written
// `NAME ROLE`, one a line; other replicas of the service have the role `replica`. The common name is never one: it was not made to be compared.

import { AccessFileError, linesOf } from './access-file.js';
import type { Caller } from './principals.js';
import { isRole, REPLICA, ROLES, type Role } from './roles.js';

/** The best first: made to be an identity, a host's, a person's. */
const KINDS = ['URI', 'DNS', 'email'] as const;
const NAME = /^(?:URI|DNS|email):[\x21-\x7e]{1,255}$/;

export type Assignments = ReadonlyMap<string, Role | typeof REPLICA>;

/** Throws AccessFileError naming the line. */
export function parseAssignments(text: string): Assignments {
  const roles = new Map<string, Role | typeof REPLICA>();
  for (const { line, words } of linesOf(text)) {
    const [name = '', role = ''] = words;
    if (words.length !== 2) throw new AccessFileError(`line ${line} is not NAME ROLE`);
    if (!NAME.test(name)) throw new AccessFileError(`line ${line}: a name is URI:..., DNS:... or email:...`);
    if (!isRole(role) && role !== REPLICA) {
      throw new AccessFileError(`line ${line}: the role is one of ${[...ROLES, REPLICA].join(', ')}`);
    }
    if (roles.has(name)) throw new AccessFileError(`line ${line}: that name is there twice`);
    roles.set(name, role);
  }
  return roles;
}

/**
 * Who is meant by a certificate's subject alternative name, as Node writes it: the first of its names that has a role,
 * else its first name, without one. undefined: it has none that counts.
 */
export function certificateHolder(subjectAltName: string, roles: Assignments): Caller | undefined {
  const names = namesIn(subjectAltName);
  const principal = names.find((name) => roles.has(name)) ?? names[0];
  if (principal === undefined) return undefined;
  const role = roles.get(principal);
  return role === REPLICA ? { principal, role: undefined, isReplica: true } : { principal, role };
}

function namesIn(subjectAltName: string): string[] {
  const names = entriesOf(subjectAltName).filter((name) => NAME.test(name));
  return KINDS.flatMap((kind) => names.filter((name) => name.startsWith(`${kind}:`)));
}

/** Node separates entries by commas, and writes a value that could be misread for several as a JSON string. */
function entriesOf(subjectAltName: string): string[] {
  const entries = subjectAltName.match(/[A-Za-z][A-Za-z ]*:(?:"(?:[^"\\]|\\.)*"|[^",]*)(?=, |$)/g) ?? [];
  // Anything else among them, and none of it is trusted.
  return entries.join(', ') === subjectAltName ? entries : [];
}
