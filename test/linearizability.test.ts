// The checker of histories itself: what it must accept and what it must reject.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Call, linearize, type Model, type RoomInput, type RoomOutput, roomModel } from './linearizability.js';

type Register = { readonly write?: number };

/** A register: a write answers 'ok', a read what it read. */
const REGISTER: Model<number, Register, number | 'ok'> = {
  initial: 0,
  step(state, { write }, output) {
    if (write !== undefined) return output === undefined || output === 'ok' ? write : undefined;
    return output === undefined || output === state ? state : undefined;
  },
  changesNothing: ({ write }) => write === undefined,
  key: String,
};

function write(value: number, invoked: number, returned: number | undefined): Call<Register, number | 'ok'> {
  return call({ write: value }, returned === undefined ? undefined : 'ok', invoked, returned);
}

function read(value: number, invoked: number, returned: number): Call<Register, number | 'ok'> {
  return call({}, value, invoked, returned);
}

function call<I, O>(input: I, output: O | undefined, invoked: number, returned = 0): Call<I, O> {
  return { input, output, invokedAt: BigInt(invoked), returnedAt: BigInt(returned) };
}

function take(amount: number, output: RoomOutput | undefined, invoked: number, returned?: number) {
  return call<RoomInput, RoomOutput>({ act: 'take', amount }, output, invoked, returned);
}

function give(amount: number, invoked: number, returned: number) {
  return call<RoomInput, RoomOutput>({ act: 'give', amount }, 'ACCEPTED', invoked, returned);
}

function verdict(calls: readonly Call<Register, number | 'ok'>[]): string {
  return linearize(REGISTER, calls).verdict;
}

describe('linearizability', () => {
  it('accepts what happened one after another', () => {
    assert.equal(verdict([]), 'LINEARIZABLE');
    assert.equal(verdict([write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)]), 'LINEARIZABLE');
  });

  it('accepts either order of what happened at the same time, and tells the one it found', () => {
    const calls = [write(1, 0, 10), write(2, 0, 10), read(1, 11, 12)];
    const found = linearize(REGISTER, calls);
    assert.ok(found.verdict === 'LINEARIZABLE');
    assert.deepEqual(
      found.order.map(({ input }) => input.write),
      [2, 1, undefined],
    );
    assert.equal(verdict([write(1, 0, 10), read(0, 1, 9), read(1, 2, 8)]), 'LINEARIZABLE');
  });

  it('rejects a read of what is not written yet, or not any more', () => {
    assert.equal(verdict([read(1, 0, 1), write(1, 2, 3)]), 'NOT_LINEARIZABLE');
    assert.equal(verdict([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]), 'NOT_LINEARIZABLE');
  });

  it('rejects two readers who saw two writes in different orders', () => {
    const writes = [write(1, 0, 100), write(2, 0, 100)];
    assert.equal(verdict([...writes, read(1, 1, 2), read(2, 3, 4), read(2, 5, 6)]), 'LINEARIZABLE');
    assert.equal(verdict([...writes, read(1, 1, 2), read(2, 3, 4), read(1, 5, 6)]), 'NOT_LINEARIZABLE');
  });

  it('says how far it came, and what cannot be next', () => {
    const found = linearize(REGISTER, [write(1, 0, 1), read(2, 2, 3)]);
    assert.ok(found.verdict === 'NOT_LINEARIZABLE');
    assert.equal(found.longest.length, 1);
    assert.deepEqual(
      found.stuckAt.map(({ output }) => output),
      [2],
    );
  });

  it('lets a call without an answer take effect at any later time, or never, and not before it was made', () => {
    assert.equal(verdict([write(1, 0, undefined), read(0, 10, 11), read(1, 12, 13)]), 'LINEARIZABLE');
    assert.equal(verdict([write(1, 0, undefined), read(0, 10, 11)]), 'LINEARIZABLE');
    assert.equal(verdict([read(1, 0, 1), write(1, 2, undefined)]), 'NOT_LINEARIZABLE');
    assert.equal(verdict([write(1, 0, undefined), read(1, 1, 2), read(0, 3, 4)]), 'NOT_LINEARIZABLE');
  });

  it('finds the last slot sold twice', () => {
    const room = roomModel(1);
    const race = (outputs: readonly RoomOutput[]) => outputs.map((output) => take(1, output, 0, 10));
    assert.equal(linearize(room, race(['ACCEPTED', 'NO_ROOM', 'NO_ROOM'])).verdict, 'LINEARIZABLE');
    assert.equal(linearize(room, race(['ACCEPTED', 'ACCEPTED', 'NO_ROOM'])).verdict, 'NOT_LINEARIZABLE');
    assert.equal(linearize(room, race(['NO_ROOM', 'NO_ROOM', 'NO_ROOM'])).verdict, 'NOT_LINEARIZABLE');
  });

  it('knows when what was given back may be taken again', () => {
    const room = roomModel(0);
    assert.equal(linearize(room, [give(2, 0, 10), take(2, 'ACCEPTED', 5, 6)]).verdict, 'LINEARIZABLE');
    assert.equal(linearize(room, [give(2, 7, 10), take(2, 'ACCEPTED', 5, 6)]).verdict, 'NOT_LINEARIZABLE');
    assert.equal(linearize(room, [give(2, 0, 4), take(2, 'NO_ROOM', 5, 6)]).verdict, 'NOT_LINEARIZABLE');
    // Somebody of whom nothing was heard may have been faster.
    assert.equal(
      linearize(room, [give(2, 0, 4), take(1, undefined, 1), take(2, 'NO_ROOM', 5, 6)]).verdict,
      'LINEARIZABLE',
    );
  });

  it('gives up, and says so, rather than search for ever', () => {
    const writes = Array.from({ length: 24 }, (_, index) => write(index + 1, 0, 100));
    assert.equal(linearize(REGISTER, [...writes, read(99, 101, 102)], 1_000).verdict, 'UNDECIDED');
  });

  it('decides a race of hundreds for a few slots', () => {
    const race = (slots: number) =>
      Array.from({ length: 256 }, (_, index) =>
        take(1, index % 50 === 0 ? 'ACCEPTED' : 'NO_ROOM', index % 7, 100),
      ).concat(Array.from({ length: slots }, () => give(1, 50, 90)));
    assert.equal(linearize(roomModel(4), race(2)).verdict, 'LINEARIZABLE');
    assert.equal(linearize(roomModel(4), race(1)).verdict, 'NOT_LINEARIZABLE');
  });

  it('accepts every history that one object made, however the calls overlap', () => {
    const step = fc.record({
      before: fc.nat(20),
      after: fc.nat(20),
      lost: fc.boolean(),
      value: fc.option(fc.nat(3), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state = 0;
        const calls = steps.map(({ before, after, lost, value }, index) => {
          const at = index * 10;
          if (value !== undefined) state = value;
          const output = value === undefined ? state : ('ok' as const);
          return call<Register, number | 'ok'>(
            value === undefined ? {} : { write: value },
            lost ? undefined : output,
            at - before,
            at + after,
          );
        });
        assert.equal(verdict(calls), 'LINEARIZABLE');
      }),
    );
  });

  it('rejects such a history where one read is changed to what was never written', () => {
    const writes = fc.array(fc.tuple(fc.nat(3), fc.nat(15)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(writes, (all) => {
        const calls = all.map(([value, after], index) => write(value, index * 10, index * 10 + after));
        assert.equal(verdict([...calls, read(9, 1, 200)]), 'NOT_LINEARIZABLE');
      }),
    );
  });
});
