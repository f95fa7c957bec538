// Reads the fields of a request strictly, and collects every violation before anything is decided:
// a request is refused with all that is wrong with it, and never half read.

import type { FieldViolation } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { statusError } from './status.js';

const VMID = /^[a-z]([a-z0-9._-]{0,61}[a-z0-9])?$/;
const UUID_LIKE = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;
const HOSTNAME_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VOLUME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const OPERATION = /^op-[a-z0-9-]{1,60}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
/** After options, if there are any: the type, and the key in base 64. */
const PUBLIC_KEY =
  /^([^\r\n]* )?(ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[A-Za-z0-9@.-]+ +[A-Za-z0-9+/]+={0,2}([ \t][^\r\n]*)?$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Control characters, line and paragraph separators, and marks that reorder text: never in a name or label. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** What of a value is put into a message: bounded, and harmless on a terminal or in a log. */
export function quoted(value: string): string {
  const start = value.slice(0, 80);
  const harmless = JSON.stringify(start).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return value.length > 80 ? `${harmless}...` : harmless;
}

export class Check {
  private readonly violations: FieldViolation[] = [];

  add(field: string, description: string): void {
    this.violations.push({ field, description });
  }

  addAll(violations: readonly FieldViolation[]): void {
    this.violations.push(...violations);
  }

  /** The first of each field of which nothing is wrong yet. */
  addNew(prefix: string, violations: readonly FieldViolation[]): void {
    const known = new Set(this.violations.map(({ field }) => field));
    for (const { field, description } of violations) {
      if (known.has(`${prefix}${field}`)) continue;
      known.add(`${prefix}${field}`);
      this.add(`${prefix}${field}`, description);
    }
  }

  get found(): readonly FieldViolation[] {
    return this.violations;
  }

  /** Throws INVALID_ARGUMENT with all of them, if there are any. */
  done(): void {
    if (this.violations.length === 0) return;
    const message = this.violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
    throw statusError('INVALID_FIELDS', message.slice(0, 1_000), {
      violations: this.violations.slice(0, LIMITS.maxViolations),
    });
  }

  vmid(field: string, value: string): string {
    if (!VMID.test(value)) this.add(field, `${quoted(value)} is not of the form [a-z]([a-z0-9._-]{0,61}[a-z0-9])?`);
    else if (UUID_LIKE.test(value)) this.add(field, `${quoted(value)} looks like a UUID`);
    return value;
  }

  /** RFC 1123; digits alone are no name. */
  hostname(field: string, value: string): string {
    const labels = value.split('.');
    const good = value.length <= 253 && labels.every((label) => HOSTNAME_LABEL.test(label)) && !/^[\d.]+$/.test(value);
    if (!good) this.add(field, `${quoted(value)} is no RFC 1123 host name`);
    return value;
  }

  optionalHostname(field: string, value: string): string {
    return value === '' ? value : this.hostname(field, value);
  }

  uuid(field: string, value: string): string {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value))
      this.add(field, `${quoted(value)} is no UUID in lower case`);
    return value;
  }

  pool(field: string, value: string): string {
    if (!POOL.test(value)) this.add(field, `${quoted(value)} is no pool name: [A-Za-z0-9]([A-Za-z0-9._-]{0,62})`);
    return value;
  }

  optionalPool(field: string, value: string): string {
    return value === '' ? value : this.pool(field, value);
  }

  /** A basename without a path, and never one that begins with a dot or dash. */
  volume(field: string, value: string): string {
    if (!VOLUME.test(value)) this.add(field, `${quoted(value)} is no volume name: [A-Za-z0-9][A-Za-z0-9._-]{0,127}`);
    return value;
  }

  optionalVolume(field: string, value: string): string {
    return value === '' ? value : this.volume(field, value);
  }

  operation(field: string, value: string): string {
    if (!OPERATION.test(value)) this.add(field, `${quoted(value)} is no operation name (op-...)`);
    return value;
  }

  /** Empty, or a unicast MAC address in lower case. */
  optionalMac(field: string, value: string): string {
    const mac = value.toLowerCase();
    const multicast = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
    if (mac !== '' && (!MAC.test(mac) || multicast)) this.add(field, `${quoted(value)} is no unicast MAC address`);
    return mac;
  }

  /** Names of networks, bridges, zones and the like: short, printable, nothing that a path or an option begins with. */
  name(field: string, value: string, most = LIMITS.maxLabelChars): string {
    if (value.length > most || UNPRINTABLE.test(value) || /^[-.]|[/\\'"<>&]/.test(value)) {
      this.add(field, `${quoted(value)}: at most ${most} printable characters, no quotes, slashes or angle brackets`);
    }
    return value;
  }

  /** Free text for a person or a guest. */
  text(field: string, value: string, mostBytes: number): string {
    if (Buffer.byteLength(value) > mostBytes) this.add(field, `longer than ${mostBytes} bytes`);
    if (value.includes('\0') || /\p{Cs}/u.test(value)) this.add(field, 'holds a NUL or half a surrogate pair');
    return value;
  }

  /** A line of authorized_keys. What it holds is never repeated: it may be a private key that was sent by mistake. */
  publicKey(field: string, value: string, mostBytes: number): string {
    if (!PUBLIC_KEY.test(value)) this.add(field, 'is no SSH public key, one line such as "ssh-ed25519 AAAA... name"');
    return this.text(field, value, mostBytes);
  }

  requestId(value: string): string {
    if (value.length > LIMITS.maxRequestIdChars || !PRINTABLE_ASCII.test(value)) {
      this.add('request_id', `at most ${LIMITS.maxRequestIdChars} printable ASCII characters`);
    }
    return value;
  }

  whole(field: string, value: number, least: number, most: number): number {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      this.add(field, `${value} is not a whole number from ${least} to ${most}`);
    }
    return value;
  }

  /** A 64-bit amount; the answer is exact, as the limits are far below 2^53. */
  amount(field: string, value: bigint, least: number, most: number): number {
    if (value < BigInt(least) || value > BigInt(most)) {
      this.add(field, `${value} is not from ${least} to ${most}`);
      return least;
    }
    return Number(value);
  }

  /** A 64-bit amount whose bounds are checked elsewhere; here it has to be one that a number can hold. */
  exact(field: string, value: bigint): number {
    return this.amount(field, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }

  finite(field: string, value: number, least: number, most: number): number {
    if (!Number.isFinite(value) || value < least || value > most)
      this.add(field, `${value} is not from ${least} to ${most}`);
    return value;
  }

  /** An expected revision, or 0. */
  revision(value: bigint, field = 'revision'): number {
    return this.amount(field, value, 0, Number.MAX_SAFE_INTEGER);
  }

  labels(field: string, labels: { readonly [key: string]: string }): Record<string, string> {
    const entries = Object.entries(labels);
    if (entries.length > LIMITS.maxLabels) this.add(field, `${entries.length} labels, at most ${LIMITS.maxLabels}`);
    for (const [key, value] of entries.slice(0, LIMITS.maxLabels)) {
      if (key === '') this.add(field, 'a label has no key');
      this.labelText(`${field}[${quoted(key)}]`, key);
      this.labelText(`${field}[${quoted(key)}]`, value);
    }
    return { ...labels };
  }

  /** A key or a value of a label. */
  labelText(field: string, text: string): string {
    return this.printable(field, text, LIMITS.maxLabelChars);
  }

  printable(field: string, text: string, most: number): string {
    if (text.length > most || UNPRINTABLE.test(text)) this.add(field, `at most ${most} printable characters`);
    return text;
  }

  /** Each element read by `one`; more than `most` are not read at all. */
  list<V, R>(field: string, values: readonly V[], most: number, one: (field: string, value: V) => R): R[] {
    if (values.length > most) {
      this.add(field, `${values.length} entries, at most ${most}`);
      return [];
    }
    return values.map((value, index) => one(`${field}[${index}]`, value));
  }

  /** The value without its prefix; undefined for UNSPECIFIED, and a violation for what this version does not know. */
  enum<T extends string>(field: string, prefix: string, value: string, known: readonly T[]): T | undefined {
    if (value === `${prefix}_UNSPECIFIED`) return undefined;
    const found = known.find((one) => `${prefix}_${one}` === value);
    if (found === undefined) this.add(field, `unknown value; known are ${known.join(', ')}`);
    return found;
  }

  pageSize(value: number): number {
    this.whole('page_size', value, 0, LIMITS.maxPageSize);
    return value === 0 ? LIMITS.defaultPageSize : value;
  }
}
