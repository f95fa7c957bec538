// So many at a time, in order; and nobody is held up by one that gets no answer.

import assert from 'node:assert/strict';
import { VirtualClock } from '../../src/clock/virtual.js';
import { Turns } from '../../src/reconcile/turns.js';

describe('turns', () => {
  const never = new AbortController().signal;

  async function taken(turns: Turns, count: number): Promise<{ begun: number[]; ends: (() => void)[] }> {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    for (let i = 0; i < count; i += 1) {
      void turns.take(never).then((end) => {
        begun.push(i);
        ends.push(end);
      });
    }
    await Promise.resolve();
    return { begun, ends };
  }

  it('are given so many at a time, first come, first served', async () => {
    const clock = new VirtualClock();
    const { begun, ends } = await taken(new Turns(clock, 2, 1_000), 4);
    assert.deepEqual(begun, [0, 1]);
    ends[0]?.();
    ends[0]?.();
    await clock.advance(0);
    assert.deepEqual(begun, [0, 1, 2], 'ended twice, given on once');
  });

  it('end by themselves, so that whoever gets no answer holds up nobody', async () => {
    const clock = new VirtualClock();
    const { begun, ends } = await taken(new Turns(clock, 1, 1_000), 3);
    await clock.advance(999);
    assert.deepEqual(begun, [0]);
    await clock.advance(1);
    assert.deepEqual(begun, [0, 1]);
    ends[0]?.();
    await clock.advance(0);
    assert.deepEqual(begun, [0, 1], 'what was over already is not given on again');
    ends[1]?.();
    await clock.advance(0);
    assert.deepEqual(begun, [0, 1, 2]);
  });

  it('are refused at once where they would have to be waited for', () => {
    const turns = new Turns(new VirtualClock(), 1, 1_000);
    const end = turns.takeNow();
    assert.ok(end);
    assert.equal(turns.takeNow(), undefined);
    end();
    assert.ok(turns.takeNow());
  });

  it('are not waited for by who gives up', async () => {
    const clock = new VirtualClock();
    const turns = new Turns(clock, 1, 1_000);
    const end = await turns.take(never);
    const given = new AbortController();
    const waited = turns.take(given.signal);
    given.abort();
    (await waited)();
    (await turns.take(given.signal))();
    end();
    assert.ok(turns.takeNow(), 'neither of them held one');
  });
});
