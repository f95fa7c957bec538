// Entities and answers as JSON texts and back, without loss: whatever is encoded comes back deeply equal. They are plain
// data of strings, booleans, finite numbers, arrays, objects, Dates and undefined. JSON has no word for the last two, so a
// Date is {"$date": "2026-01-02T03:04:05.678Z"}, undefined is null, and null itself (no noun of the fleet has it) is
// {"$null": true}. A key of the data that begins with $ gets a second one.

/** The value cannot be stored: it is no plain data, or a text that Postgres does not take (NUL, half a surrogate pair). */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}

/** Objects whose text is known already; who encodes several values that share objects saves work. */
type Known = Pick<ReadonlyMap<object, string>, 'get'>;

export function encode(value: unknown, known?: Known): string {
  switch (typeof value) {
    case 'string':
      return encodeText(value);
    case 'number':
      if (!Number.isFinite(value)) throw new UnstorableError(`${value} is not a finite number`);
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'null';
    case 'object':
      if (value === null) return '{"$null":true}';
      return known?.get(value) ?? encodeObject(value, known);
    default:
      throw new UnstorableError(`a ${typeof value} is no plain data`);
  }
}

/** Anything but the characters that stand for themselves, which most texts here consist of. */
const NEEDS_ESCAPES = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;
/** An escaped NUL or lone surrogate whose backslash is not itself escaped. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether it is its own JSON text but for the quotes, as which Postgres takes it, too. */
export function isPlain(text: string): boolean {
  return !NEEDS_ESCAPES.test(text);
}

function encodeText(text: string): string {
  if (isPlain(text)) return `"${text}"`;
  const escaped = JSON.stringify(text);
  if (escaped.includes('\\u') && UNSTORABLE_ESCAPE.test(escaped)) {
    throw new UnstorableError('a text holds a NUL or half a surrogate pair');
  }
  return escaped;
}

function encodeObject(object: object, known: Known | undefined): string {
  if (Array.isArray(object)) return `[${object.map((member) => encode(member, known)).join(',')}]`;
  if (object instanceof Date) return encodeDate(object);
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new UnstorableError(`a ${object.constructor.name} is no plain data`);
  }
  let text = '{';
  for (const key of Object.keys(object)) {
    if (text.length > 1) text += ',';
    text += encodeKey(key) + encode((object as Record<string, unknown>)[key], known);
  }
  return `${text}}`;
}

/** Of the members of the nouns, of which there are a few hundred; and of as many others as leave room. */
const keyTexts = new Map<string, string>();
const MAX_KEY_TEXTS = 1_000;

function encodeKey(key: string): string {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const text = `${encodeText(key.startsWith('$') ? `$${key}` : key)}:`;
  if (keyTexts.size < MAX_KEY_TEXTS) keyTexts.set(key, text);
  return text;
}

function encodeDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new UnstorableError('an invalid Date');
  return `{"$date":"${date.toISOString()}"}`;
}

export function decode(text: string): unknown {
  return revive(JSON.parse(text));
}

/**
 * What decode() does for JSON that was parsed already, and is given away with that: it is changed where it is. So objects
 * keep the compact layout that JSON.parse gives all those with the same keys; built anew, key by key, every large one
 * would be a hash table of its own.
 */
export function revive(json: unknown): unknown {
  if (json === null) return undefined;
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) {
    json.forEach((member, index) => {
      json[index] = revive(member);
    });
    return json;
  }
  const object = json as Record<string, unknown>;
  for (const key in object) if (key.startsWith('$')) return reviveMarked(object);
  for (const key in object) {
    const member = object[key];
    if (typeof member !== 'object') continue;
    const revived = revive(member);
    if (revived !== member) object[key] = revived;
  }
  return object;
}

/** A value that JSON has no word for, or an object with keys that were marked. */
function reviveMarked(object: Record<string, unknown>): unknown {
  const value: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(object)) {
    if (key === '$date') return new Date(member as string);
    if (key === '$null') return null;
    set(value, key.startsWith('$') ? key.slice(1) : key, revive(member));
  }
  return value;
}

/** Assigning to __proto__ would set the prototype instead of a key. */
function set(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}
