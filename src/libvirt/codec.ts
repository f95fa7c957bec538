// Small codecs to be put together: a layout is written once and gives the encoder, the decoder and the TypeScript type.
import { ProtocolViolationError } from './errors.js';
import type { XdrReader, XdrWriter } from './xdr.js';

export interface Codec<T> {
  /** Fewest bytes a value takes, so that a claimed count can be held against the bytes that are there. */
  readonly leastBytes: number;
  write(to: XdrWriter, value: T): void;
  read(from: XdrReader): T;
}

/** The type a codec carries. */
export type Value<C> = C extends Codec<infer T> ? T : never;

// biome-ignore lint/suspicious/noExplicitAny: a layout may hold codecs of any type
export type Layout = Readonly<Record<string, Codec<any>>>;
/** The type of a struct with this layout. */
export type Fields<L extends Layout> = { readonly [K in keyof L]: Value<L[K]> };

export const int: Codec<number> = { leastBytes: 4, write: (to, value) => to.int(value), read: (from) => from.int() };
export const uint: Codec<number> = { leastBytes: 4, write: (to, value) => to.uint(value), read: (from) => from.uint() };
export const hyper: Codec<bigint> = {
  leastBytes: 8,
  write: (to, value) => to.hyper(value),
  read: (from) => from.hyper(),
};
export const uhyper: Codec<bigint> = {
  leastBytes: 8,
  write: (to, value) => to.uhyper(value),
  read: (from) => from.uhyper(),
};
export const double: Codec<number> = {
  leastBytes: 8,
  write: (to, value) => to.double(value),
  read: (from) => from.double(),
};
/** An int that means yes or no. */
export const truth: Codec<boolean> = {
  leastBytes: 4,
  write: (to, value) => to.int(value ? 1 : 0),
  read: (from) => from.int() !== 0,
};

/** A string of at most `mostBytes`. A NUL is refused when writing: the daemon would silently cut the string there. */
export function string(mostBytes: number): Codec<string> {
  return {
    leastBytes: 4,
    write(to, value) {
      if (value.includes('\0')) throw new RangeError('a string for libvirt contains a NUL character');
      const bytes = Buffer.byteLength(value);
      if (bytes > mostBytes) throw new RangeError(`a string for libvirt of ${bytes} bytes, at most ${mostBytes}`);
      to.string(value);
    },
    read: (from) => from.string(from.count(mostBytes, 1)),
  };
}

/** Bytes with their length in front, at most `mostBytes`. */
export function opaque(mostBytes: number): Codec<Uint8Array> {
  return {
    leastBytes: 4,
    write(to, value) {
      if (value.length > mostBytes) throw new RangeError(`${value.length} bytes for libvirt, at most ${mostBytes}`);
      to.uint(value.length);
      to.opaque(value);
    },
    read: (from) => from.opaque(from.count(mostBytes, 1)),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** 16 bytes, written as the canonical lower-case UUID. */
export const uuid: Codec<string> = {
  leastBytes: 16,
  write(to, value) {
    const canonical = value.toLowerCase();
    if (!UUID.test(canonical)) throw new RangeError('not a UUID');
    to.opaque(Buffer.from(canonical.replaceAll('-', ''), 'hex'));
  },
  read(from) {
    const hex = from.opaque(16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  },
};

/** A C string in an array of `length` chars, each of which XDR sends as an int. */
export function chars(length: number): Codec<string> {
  return {
    leastBytes: 4 * length,
    write(to, value) {
      const bytes = Buffer.alloc(length);
      bytes.write(value);
      for (const byte of bytes) to.int(byte);
    },
    read(from) {
      const bytes = Buffer.alloc(length);
      for (let i = 0; i < length; i++) bytes[i] = from.int() & 0xff;
      const nul = bytes.indexOf(0);
      return bytes.toString('utf8', 0, nul < 0 ? length : nul);
    },
  };
}

export function optional<T>(item: Codec<T>): Codec<T | null> {
  return {
    leastBytes: 4,
    write(to, value) {
      to.uint(value === null ? 0 : 1);
      if (value !== null) item.write(to, value);
    },
    read(from) {
      const present = from.uint();
      if (present > 1) throw new ProtocolViolationError(`an optional value with flag ${present}`);
      return present === 1 ? item.read(from) : null;
    },
  };
}

export function array<T>(item: Codec<T>, most: number): Codec<readonly T[]> {
  return {
    leastBytes: 4,
    write(to, values) {
      if (values.length > most) throw new RangeError(`${values.length} items for libvirt, at most ${most}`);
      to.uint(values.length);
      for (const value of values) item.write(to, value);
    },
    read(from) {
      const count = from.count(most, item.leastBytes);
      return Array.from({ length: count }, () => item.read(from));
    },
  };
}

export function struct<L extends Layout>(layout: L): Codec<Fields<L>> {
  const fields = Object.entries(layout);
  return {
    leastBytes: fields.reduce((sum, [, codec]) => sum + codec.leastBytes, 0),
    write(to, value) {
      for (const [name, codec] of fields) codec.write(to, value[name as keyof L]);
    },
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of fields) value[name] = codec.read(from);
      return value as Fields<L>;
    },
  };
}
