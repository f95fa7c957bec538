// Bearer tokens: `TOKEN PRINCIPAL ROLE`, one a line. TOKEN is the secret itself or, better, sha256: and its digest in hex.
// Only digests are kept, and all of them are compared whichever fits, so that the time taken tells nothing.

import { createHash, timingSafeEqual } from 'node:crypto';
import { AccessFileError, linesOf } from './access-file.js';
import { isRole, ROLES, type Role } from './roles.js';

export interface TokenHolder {
  readonly principal: string;
  readonly role: Role;
}

interface Token extends TokenHolder {
  readonly digest: Buffer;
}

export type Tokens = readonly Token[];

const DIGEST = /^sha256:([0-9a-f]{64})$/;
/** A secret is at least this long: shorter ones can be guessed. */
const SECRET = /^[\x21-\x7e]{16,512}$/;
/** Without a colon, which the names of certificates have; and none of those that virtdc acts under itself. */
const PRINCIPAL = /^(?!(?:local|virtdc|reconcile)$)[A-Za-z0-9][A-Za-z0-9._@/+-]{0,127}$/;

/** Throws AccessFileError naming the line. */
export function parseTokens(text: string): Tokens {
  const tokens = linesOf(text).map(({ line, words }): Token => {
    const [token = '', principal = '', role = ''] = words;
    if (words.length !== 3) throw new AccessFileError(`line ${line} is not TOKEN PRINCIPAL ROLE`);
    if (!PRINCIPAL.test(principal)) throw new AccessFileError(`line ${line}: that is no name for a principal`);
    if (!isRole(role)) throw new AccessFileError(`line ${line}: the role is one of ${ROLES.join(', ')}`);
    return { digest: digestOf(token, line), principal, role };
  });
  const seen = new Set(tokens.map(({ digest }) => digest.toString('hex')));
  if (seen.size < tokens.length) throw new AccessFileError('a token is there twice');
  return tokens;
}

function digestOf(token: string, line: number): Buffer {
  const hex = DIGEST.exec(token)?.[1];
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  if (token.startsWith('sha256:')) throw new AccessFileError(`line ${line}: sha256: takes 64 digits in lower-case hex`);
  if (!SECRET.test(token)) throw new AccessFileError(`line ${line}: a token has 16 to 512 printable ASCII characters`);
  return sha256(token);
}

export function holderOf(tokens: Tokens, secret: string): TokenHolder | undefined {
  const digest = sha256(secret);
  let found: TokenHolder | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) found = token;
  return found;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
