// libvirt's typed parameters: a list of named values, each with its type on the wire. Names may repeat.
import { array, type Codec, double, hyper, int, string, truth, uhyper, uint } from './codec.js';
import { ProtocolViolationError } from './errors.js';

/** One parameter as it travels. */
export type TypedParam =
  | { readonly name: string; readonly type: 'int' | 'uint' | 'double'; readonly value: number }
  | { readonly name: string; readonly type: 'llong' | 'ullong'; readonly value: bigint }
  | { readonly name: string; readonly type: 'boolean'; readonly value: boolean }
  | { readonly name: string; readonly type: 'string'; readonly value: string };

/** Asks a procedure with flags to include string parameters in its answer (VIR_TYPED_PARAM_STRING_OKAY). */
export const STRINGS_OKAY = 4;

export const intParam = (name: string, value: number): TypedParam => ({ name, type: 'int', value });
export const uintParam = (name: string, value: number): TypedParam => ({ name, type: 'uint', value });
export const llongParam = (name: string, value: bigint): TypedParam => ({ name, type: 'llong', value });
export const ullongParam = (name: string, value: bigint): TypedParam => ({ name, type: 'ullong', value });
export const doubleParam = (name: string, value: number): TypedParam => ({ name, type: 'double', value });
export const booleanParam = (name: string, value: boolean): TypedParam => ({ name, type: 'boolean', value });
export const stringParam = (name: string, value: string): TypedParam => ({ name, type: 'string', value });

/** Parameters to look values up in by name. Of a repeated name the first counts, except in `all`. */
export class TypedParams implements Iterable<TypedParam> {
  readonly #params: readonly TypedParam[];
  readonly #byName = new Map<string, TypedParam['value']>();

  constructor(params: readonly TypedParam[]) {
    this.#params = params;
    for (const { name, value } of params) if (!this.#byName.has(name)) this.#byName.set(name, value);
  }

  [Symbol.iterator](): Iterator<TypedParam> {
    return this.#params[Symbol.iterator]();
  }
  get size(): number {
    return this.#params.length;
  }
  has(name: string): boolean {
    return this.#byName.has(name);
  }
  all(name: string): TypedParam['value'][] {
    return this.#params.filter((param) => param.name === name).map((param) => param.value);
  }
  /** A whole number of any integer type, exactly; undefined if absent or of another type. */
  bigint(name: string): bigint | undefined {
    const value = this.#byName.get(name);
    if (typeof value === 'bigint') return value;
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
  }
  /** A number of any numeric type; a 64-bit integer beyond 2^53 is rounded. Undefined if absent or of another type. */
  number(name: string): number | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
  }
  string(name: string): string | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'string' ? value : undefined;
  }
  boolean(name: string): boolean | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'boolean' ? value : undefined;
  }
}

const VALUE_BYTES = 4_194_304;
const text = string(VALUE_BYTES);

// The index in this list, plus one, is the type's number on the wire.
const types = ['int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string'] as const;
const values = {
  int,
  uint,
  llong: hyper,
  ullong: uhyper,
  double,
  boolean: truth,
  string: text,
} satisfies Record<TypedParam['type'], unknown>;

const typedParam: Codec<TypedParam> = {
  leastBytes: 12,
  write(to, { name, type, value }) {
    text.write(to, name);
    to.int(types.indexOf(type) + 1);
    values[type].write(to, value as never);
  },
  read(from) {
    const name = text.read(from);
    const number = from.int();
    const type = types[number - 1];
    if (type === undefined) throw new ProtocolViolationError(`a typed parameter of type ${number}`);
    return { name, type, value: values[type].read(from) } as TypedParam;
  },
};

/** At most `most` typed parameters, as a list to be sent. */
export const typedParams = (most: number): Codec<readonly TypedParam[]> => array(typedParam, most);

/** The same, read into a TypedParams. */
export function typedParamSet(most: number): Codec<TypedParams> {
  const list = typedParams(most);
  return {
    leastBytes: list.leastBytes,
    write: (to, params) => list.write(to, [...params]),
    read: (from) => new TypedParams(list.read(from)),
  };
}
