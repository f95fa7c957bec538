// Entities and answers as JSON texts and back, without loss: whatever is encoded comes back deeply equal. They are plain
// data of strings, booleans, finite numbers, arrays, objects, Dates and undefined. JSON has no word for the last two, so a
// Date is {"$date": "2026-01-02T03:04:05.678Z"}, undefined is null, and null itself (no noun of the fleet has it) is
// {"$null": true}. A key of the data that begins with $ gets a second one.

/** The value cannot be stored: it is no plain data, or a text that Postgres does not take (NUL, half a surrogate pair). */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export function encode(value: unknown): string {
  const text = JSON.stringify(toJson(value));
  // JSON escapes few characters by number, so that most texts pass by this first look alone.
  if (text.includes('\\u') && UNSTORABLE_ESCAPE.test(text)) {
    throw new UnstorableError('a text holds a NUL or half a surrogate pair');
  }
  return text;
}

/** An escaped NUL or lone surrogate whose backslash is not itself escaped. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

function toJson(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new UnstorableError(`${value} is not a finite number`);
      return value;
    case 'undefined':
      return null;
    case 'object':
      if (value === null) return { $null: true };
      if (Array.isArray(value)) return value.map(toJson);
      if (value instanceof Date) return dateToJson(value);
      return objectToJson(value);
    default:
      throw new UnstorableError(`a ${typeof value} is no plain data`);
  }
}

function dateToJson(date: Date): Json {
  if (Number.isNaN(date.getTime())) throw new UnstorableError('an invalid Date');
  return { $date: date.toISOString() };
}

function objectToJson(object: object): Json {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new UnstorableError(`a ${object.constructor.name} is no plain data`);
  }
  const json: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(object)) {
    set(json, key.startsWith('$') ? `$${key}` : key, toJson(value));
  }
  return json;
}

/** Assigning to __proto__ would set the prototype instead of a key. */
function set(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

export function decode(text: string): unknown {
  return revive(JSON.parse(text) as Json);
}

/** What decode() does for JSON that was parsed already. */
export function revive(json: unknown): unknown {
  if (json === null) return undefined;
  if (typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(revive);
  const value: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(json)) {
    if (key === '$date') return new Date(member as string);
    if (key === '$null') return null;
    set(value, key.startsWith('$') ? key.slice(1) : key, revive(member));
  }
  return value;
}
