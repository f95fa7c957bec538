import assert from 'node:assert/strict';
import fc from 'fast-check';
import { realClock } from '../../src/clock/real.js';
import { VirtualClock } from '../../src/clock/virtual.js';
import { type Clock, DeadlineError } from '../../src/ports/clock.js';

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What holds for every clock; `pass` lets the time go on that the clock needs. */
function contract(clock: Clock, pass: (ms: number) => Promise<void>): void {
  it('sleeps at least as long as asked', async () => {
    const before = clock.monotonicMs();
    const sleep = clock.sleep(20);
    await pass(20);
    await sleep;
    assert.ok(clock.monotonicMs() - before >= 19);
  });

  it('rejects a sleep with the reason of its signal, before it and during it', async () => {
    const reason = new Error('enough');
    await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
    const controller = new AbortController();
    const sleep = clock.sleep(60_000, controller.signal);
    controller.abort(reason);
    await assert.rejects(sleep, reason);
  });

  it('calls back after a while, unless it is stopped before', async () => {
    const called: string[] = [];
    const stop = clock.after(5, () => called.push('stopped'));
    const done = new Promise<void>((resolve) => {
      clock.after(10, () => {
        called.push('done');
        resolve();
      });
    });
    stop();
    await pass(10);
    await done;
    assert.deepEqual(called, ['done']);
  });

  it('aborts a deadline with a DeadlineError', async () => {
    const signal = clock.deadline(10);
    assert.equal(signal.aborted, false);
    const heard = aborted(signal);
    // The real clock's deadline does not keep a process alive, so the test does.
    const awake = setTimeout(() => undefined, 5_000);
    await pass(10);
    await heard;
    clearTimeout(awake);
    assert.ok(signal.reason instanceof DeadlineError);
    assert.equal(signal.reason.afterMs, 10);
  });
}

describe('real clock', () => {
  contract(realClock, async () => undefined);
});

describe('virtual clock', () => {
  const clock = new VirtualClock();
  contract(clock, (ms) => clock.advance(ms));

  it('stands still by itself', async () => {
    const standing = new VirtualClock(new Date('2026-01-01T00:00:00Z'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(standing.monotonicMs(), 0);
    await standing.advance(86_400_000);
    assert.deepEqual(standing.now(), new Date('2026-01-02T00:00:00Z'));
  });

  it('fires timers in the order of their times, ties in the order they were set, whatever was cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ ms: fc.integer({ min: 0, max: 50 }), cancel: fc.boolean() }), { maxLength: 40 }),
        async (timers) => {
          const time = new VirtualClock();
          const fired: { order: number; atMs: number }[] = [];
          timers.forEach(({ ms, cancel }, order) => {
            const stop = time.after(ms, () => fired.push({ order, atMs: time.monotonicMs() }));
            if (cancel) stop();
          });
          await time.advance(50);
          const expected = timers
            .map(({ ms, cancel }, order) => ({ order, atMs: ms, cancel }))
            .filter((timer) => !timer.cancel)
            .sort((a, b) => a.atMs - b.atMs || a.order - b.order)
            .map(({ order, atMs }) => ({ order, atMs }));
          assert.deepEqual(fired, expected);
        },
      ),
    );
  });

  it('runs what a timer sets off before the next timer', async () => {
    const time = new VirtualClock();
    const seen: string[] = [];
    const chain = async (name: string, everyMs: number) => {
      for (let i = 1; i <= 3; i += 1) {
        await time.sleep(everyMs);
        seen.push(`${name}${i}@${time.monotonicMs()}`);
      }
    };
    await time.until(Promise.all([chain('a', 10), chain('b', 15)]));
    assert.deepEqual(seen, ['a1@10', 'b1@15', 'a2@20', 'b2@30', 'a3@30', 'b3@45']);
  });

  it('gives up on a promise that nothing will settle', async () => {
    const time = new VirtualClock();
    await assert.rejects(time.until(new Promise(() => undefined), 1_000), DeadlineError);
  });
});
