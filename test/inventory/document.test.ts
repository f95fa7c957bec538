import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decode, encode, UnstorableError } from '../../src/inventory/document.js';
import { ENTITY_KINDS, entityOf } from './arbitraries.js';

/** Any plain data: what entities and answers may ever be made of. */
const plainData = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', '')),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    fc.boolean(),
    fc.constantFrom(undefined, null),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc
        .oneof(fc.string(), fc.constantFrom('$date', '$null', '$$date', '__proto__', 'constructor'))
        .map((s) => s.replaceAll('\0', '')),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

describe('documents', () => {
  it('come back as they were, whatever plain data they are', () => {
    fc.assert(
      fc.property(plainData, (value) => assert.deepEqual(decode(encode(value)), value)),
      { numRuns: 1_000 },
    );
  });

  for (const kind of ENTITY_KINDS) {
    it(`come back as they were: ${kind}`, () => {
      fc.assert(fc.property(entityOf(kind), (entity) => assert.deepEqual(decode(encode(entity)), entity)));
    });
  }

  it('tell undefined, null and a missing member apart', () => {
    const value = { a: undefined, b: null, c: [undefined, null] };
    assert.deepEqual(decode(encode(value)), value);
    assert.equal('d' in (decode(encode(value)) as object), false);
  });

  it('are refused if they would come back as something else', () => {
    const unstorable = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      () => 1,
      Symbol('s'),
      new Map(),
      new Date(Number.NaN),
    ];
    for (const value of unstorable) assert.throws(() => encode({ value }), UnstorableError);
  });

  it('are refused if Postgres would refuse their texts, and only then', () => {
    for (const text of ['\0', 'a\0b', '\ud800', 'x\udc00']) assert.throws(() => encode({ text }), UnstorableError);
    for (const text of ['\\u0000', '\\\\u0000', '\u0001', '\\ud800', '😀']) assert.equal(decode(encode(text)), text);
  });
});
