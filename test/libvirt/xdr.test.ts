// The codecs: what is written is read back, byte for byte as XDR lays it out, and what was not written so is refused.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  array,
  type Codec,
  chars,
  double,
  hyper,
  int,
  opaque,
  optional,
  string,
  struct,
  truth,
  uhyper,
  uint,
  uuid,
} from '../../src/libvirt/codec.js';
import { ProtocolViolationError } from '../../src/libvirt/errors.js';
import { type TypedParam, TypedParams, typedParamSet, typedParams } from '../../src/libvirt/typed-params.js';
import { XdrReader, XdrWriter } from '../../src/libvirt/xdr.js';

function encode<T>(codec: Codec<T>, value: T): Buffer {
  const to = new XdrWriter(1);
  codec.write(to, value);
  return Buffer.from(to.bytes());
}

function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const from = new XdrReader(bytes);
  const value = codec.read(from);
  from.end();
  return value;
}

const record = struct({ name: string(100), id: uuid, sizes: array(uhyper, 8), note: optional(string(50)), on: truth });

const anyUuid = fc.uuid();
const anyRecord = fc.record(
  {
    name: fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0')),
    id: anyUuid,
    sizes: fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 8 }),
    note: fc.option(fc.string({ maxLength: 12 })),
    on: fc.boolean(),
  },
  { noNullPrototype: true },
);
const name = fc.string({ maxLength: 12 });
const param = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true });
const anyParam: fc.Arbitrary<TypedParam> = fc.oneof(
  param({ name, type: fc.constant('int' as const), value: fc.integer() }),
  param({ name, type: fc.constant('uint' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  param({ name, type: fc.constant('llong' as const), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
  param({ name, type: fc.constant('ullong' as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
  param({ name, type: fc.constant('double' as const), value: fc.double({ noNaN: true }) }),
  param({ name, type: fc.constant('boolean' as const), value: fc.boolean() }),
  param({ name, type: fc.constant('string' as const), value: fc.string({ maxLength: 30 }) }),
);

function roundTrips<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encode(codec, value);
      assert.equal(bytes.length % 4, 0);
      assert.ok(bytes.length >= codec.leastBytes);
      assert.deepEqual(decode(codec, bytes), value);
    }),
  );
}

describe('libvirt xdr', () => {
  it('reads back what it wrote', () => {
    roundTrips(int, fc.integer());
    roundTrips(uint, fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    roundTrips(hyper, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
    roundTrips(uhyper, fc.bigInt(0n, 2n ** 64n - 1n));
    roundTrips(double, fc.double());
    roundTrips(uuid, anyUuid);
    roundTrips(record, anyRecord);
    roundTrips(typedParams(64), fc.array(anyParam, { maxLength: 64 }));
  });

  it('lays values out as RFC 4506 says', () => {
    assert.equal(encode(int, -2).toString('hex'), 'fffffffe');
    assert.equal(encode(uhyper, 258n).toString('hex'), '0000000000000102');
    assert.equal(encode(string(9), 'abcde').toString('hex'), `00000005${'6162636465'}000000`);
    assert.equal(encode(opaque(9), Buffer.from([1])).toString('hex'), '0000000101000000');
    assert.equal(encode(optional(int), null).toString('hex'), '00000000');
    assert.equal(encode(optional(int), 7).toString('hex'), '0000000100000007');
    assert.equal(encode(array(int, 2), [1, 2]).toString('hex'), '000000020000000100000002');
    assert.equal(
      encode(uuid, 'D1C0DE00-0000-4000-8000-0000000000FF').toString('hex'),
      'd1c0de000000400080000000000000ff',
    );
    assert.equal(decode(chars(3), encode(array(int, 3), [120, 56, 0]).subarray(4)), 'x8');
    const speed: TypedParam = { name: 'bw', type: 'ullong', value: 5n };
    assert.equal(
      encode(typedParams(1), [speed]).toString('hex'),
      '00000001000000026277000000000004' + '0000000000000005',
    );
  });

  it('refuses a value cut off anywhere, and one with bytes too many', () => {
    fc.assert(
      fc.property(anyRecord, (value) => {
        const bytes = encode(record, value);
        for (let length = 0; length < bytes.length; length++) {
          assert.throws(() => decode(record, bytes.subarray(0, length)), ProtocolViolationError);
        }
        assert.throws(() => decode(record, Buffer.concat([bytes, Buffer.alloc(4)])), ProtocolViolationError);
      }),
      { numRuns: 25 },
    );
  });

  it('throws nothing but ProtocolViolationError at arbitrary bytes', () => {
    const codec = struct({ record, params: typedParamSet(16), list: array(record, 1000) });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          decode(codec, Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof ProtocolViolationError);
        }
      }),
    );
  });

  it('holds a claimed length against the bytes that are there before taking it', () => {
    const claimed = Buffer.from('7fffffff', 'hex');
    assert.throws(() => decode(string(2 ** 31), claimed), /2147483647 where 0 bytes are left/);
    assert.throws(() => decode(array(record, 2 ** 31), claimed), ProtocolViolationError);
    assert.throws(() => decode(opaque(16), Buffer.from('00000011', 'hex')), /at most 16/);
    assert.throws(() => decode(optional(int), Buffer.from('0000000200000000', 'hex')), /flag 2/);
    assert.throws(() => decode(typedParams(1), Buffer.from('00000001000000000000000900000000', 'hex')), /of type 9/);
  });

  it('does not write what the daemon would read otherwise', () => {
    assert.throws(() => encode(string(10), 'a\0b'), RangeError);
    assert.throws(() => encode(string(2), 'é€'), RangeError);
    assert.throws(() => encode(uuid, 'guest-1'), RangeError);
    assert.throws(() => encode(int, 2 ** 31), RangeError);
    assert.throws(() => encode(uint, -1), RangeError);
    assert.throws(() => encode(uint, Number.NaN), RangeError);
    assert.throws(() => encode(uhyper, -1n), RangeError);
    assert.throws(() => encode(array(int, 1), [1, 2]), RangeError);
  });

  it('finds typed parameters by name and type', () => {
    const params = new TypedParams([
      { name: 'a', type: 'ullong', value: 2n ** 60n },
      { name: 'b', type: 'int', value: 3 },
      { name: 'disk', type: 'string', value: 'vda' },
      { name: 'disk', type: 'string', value: 'vdb' },
      { name: 'on', type: 'boolean', value: false },
    ]);
    assert.equal(params.bigint('a'), 2n ** 60n);
    assert.equal(params.bigint('b'), 3n);
    assert.equal(params.number('a'), 2 ** 60);
    assert.equal(params.string('disk'), 'vda');
    assert.deepEqual(params.all('disk'), ['vda', 'vdb']);
    assert.equal(params.boolean('on'), false);
    assert.equal(params.number('on'), undefined);
    assert.equal(params.string('none'), undefined);
    assert.equal(params.size, 5);
  });
});
