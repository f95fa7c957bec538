// Watches without a service: one answer at a time, what is shared, who is cut off, and where each may go on.

import assert from 'node:assert/strict';
import { VirtualClock } from '../../src/clock/virtual.js';
import { Watches, type WatchLimits } from '../../src/watch/watch.js';
import type { WatchEnd } from '../../src/watch/watch-end.js';
import type { WatchRequest } from '../../src/watch/watcher.js';
import { entryOf, Log, type ReadAnswer, read, TEXTS } from './entries.js';

const LIMITS: WatchLimits = {
  ...{ maxEntries: 10_000, maxBytes: 2 ** 30, maxAnswerBytes: 512 * 1024, maxWatchers: 100 },
  ...{ blockedMs: 30_000, lookMs: 500, restMs: 100, logPage: 10, logPagesKept: 4 },
};

describe('watches', () => {
  let clock: VirtualClock;
  let log: Log;
  let watches: Watches;
  const left: AbortController[] = [];

  function begin(limits: Partial<WatchLimits> = {}, known = 0): void {
    clock = new VirtualClock();
    log = new Log();
    if (known > 0) log.commitMany(known);
    const { authority, inventory } = log;
    watches = new Watches({ authority, inventory, clock, limits: { ...LIMITS, ...limits } });
  }
  afterEach(() => {
    for (const one of left.splice(0)) one.abort();
    watches.close();
  });

  /** Takes answers, while it may. */
  class Reader {
    readonly answers: ReadAnswer[] = [];
    readonly bytes: Uint8Array[] = [];
    takes = true;
    isCut = false;
    end: WatchEnd | undefined;
    readonly ended: Promise<void>;
    private taken: (() => void) | undefined;

    constructor(request: Partial<WatchRequest<string>> = {}) {
      const leaving = new AbortController();
      left.push(leaving);
      const whole = { startRevision: 0, sendInitial: false, filter: '', progressMs: 10_000, ...request };
      const taker = {
        send: (answer: Uint8Array, taken: () => void) => {
          const one = read(answer);
          if (one !== undefined) this.answers.push(one);
          this.bytes.push(answer);
          if (this.takes) queueMicrotask(taken);
          else this.taken = taken;
        },
        cut: () => {
          this.isCut = true;
        },
      };
      this.ended = watches.watch(TEXTS, whole, taker, leaving.signal).catch((error: unknown) => {
        this.end = error as WatchEnd;
      });
    }

    takeAgain(): void {
      this.takes = true;
      this.taken?.();
    }

    get events(): string[] {
      return this.answers.flatMap(({ events }) => events).filter((event) => !/^(synced|progress)/.test(event));
    }
  }

  it('give a slow reader one answer at a time, and then all that was committed meanwhile', async () => {
    begin();
    const [slow, fast] = [new Reader(), new Reader()];
    await clock.advance(0);
    slow.takes = false;
    for (let commit = 0; commit < 20; commit++) {
      log.commitMany(5);
      await clock.advance(1_000);
    }
    assert.equal(slow.answers.length, 2, 'synced, and the one that it does not take');
    assert.equal(fast.answers.length, 21);
    slow.takeAgain();
    await clock.advance(0);
    assert.equal(slow.answers.length, 3);
    assert.deepEqual(slow.events, fast.events);
  });

  it('are not ended by a commit of 1,000 changes, nor by a hundred of them', async () => {
    begin({ maxEntries: 100 });
    const reader = new Reader();
    await clock.advance(0);
    for (let commit = 0; commit < 100; commit++) {
      log.commitMany(1_000);
      await clock.advance(100);
    }
    await clock.advance(1_000);
    assert.equal(reader.end, undefined);
    assert.equal(reader.events.length, 100_000);
    assert.deepEqual(
      reader.events.map((event) => Number(event.split('@')[1])),
      log.entries.map(({ revision }) => revision),
    );
  });

  it('are ended after 30 s without a taker, with the place that was come to, and no other is', async () => {
    begin();
    const [stalled, fast] = [new Reader(), new Reader()];
    await clock.advance(0);
    stalled.takes = false;
    log.commitMany(3);
    await clock.advance(29_000);
    log.commitMany(3);
    await clock.advance(900);
    assert.equal(stalled.isCut, false);
    await clock.advance(1_000);
    await stalled.ended;
    assert.deepEqual([stalled.isCut, stalled.end?.kind, stalled.end?.revision], [true, 'WATCH_BLOCKED', 3]);
    assert.deepEqual([fast.isCut, watches.count], [false, 1]);
    const resumed = new Reader({ startRevision: 3 });
    await clock.advance(0);
    assert.deepEqual([...stalled.events, ...resumed.events], fast.events);
  });

  it('tell who hears nothing how far the log has come, within the interval and a look', async () => {
    begin();
    const reader = new Reader({ filter: 'nowhere', progressMs: 10_000 });
    await clock.advance(0);
    for (let s = 0; s < 60; s++) {
      log.commitMany(1);
      await clock.advance(1_000);
    }
    const marks = reader.answers.map(({ revision }) => revision);
    assert.ok(marks.length >= 6 && marks.length <= 7, String(marks));
    assert.ok((marks.at(-1) ?? 0) >= 50);
  });

  it('share what is read of the log, wherever in a page they resume', async () => {
    begin({}, 95);
    const readers = Array.from({ length: 50 }, (_, index) => new Reader({ startRevision: 41 + (index % 9) }));
    await clock.advance(1_000);
    for (const [index, reader] of readers.entries()) {
      assert.equal(reader.events.length, 95 - 41 - (index % 9));
      assert.equal(reader.answers.at(-1)?.events[0], 'synced  @95');
    }
    assert.ok(log.logReads <= 12, `${log.logReads} reads for six pages`);
  });

  it('say from where the log is kept if it does not reach back, and take who stands just there', async () => {
    begin({}, 95);
    log.oldestRevision = 43;
    const [gone, there] = [new Reader({ startRevision: 42 }), new Reader({ startRevision: 43 })];
    await clock.advance(1_000);
    await gone.ended;
    assert.deepEqual([gone.end?.kind, gone.end?.revision], ['REVISION_COMPACTED', 43]);
    assert.equal(there.end, undefined);
    assert.equal(there.events.length, 52);
  });

  it('send a state of many answers as it is taken, made once for all that begin together', async () => {
    begin({ maxAnswerBytes: 50 }, 7);
    const readers = Array.from({ length: 20 }, () => new Reader({ sendInitial: true }));
    for (const reader of readers) reader.takes = false;
    await clock.advance(0);
    assert.equal(log.reads, 1);
    log.commit(entryOf(8, 'guest3'));
    await clock.advance(0);
    for (const reader of readers) assert.equal(reader.answers.length, 1, 'one is on its way');
    for (const reader of readers) reader.takeAgain();
    await clock.advance(0);
    for (const reader of readers) {
      assert.equal(reader.events.length, 8);
      assert.deepEqual(
        reader.answers.map(({ revision }) => revision),
        [0, 0, 0, 0, 8, 8],
      );
      assert.equal(reader.bytes[1], readers[0]?.bytes[1], 'the very same bytes');
    }
  });

  it('that end in the middle of the state have no place to go on', async () => {
    begin({ maxAnswerBytes: 50 }, 7);
    const reader = new Reader({ sendInitial: true });
    reader.takes = false;
    await clock.advance(0);
    watches.close();
    await reader.ended;
    assert.deepEqual([reader.end?.kind, reader.end?.revision], ['SHUTTING_DOWN', 0]);
  });

  it('are refused beyond so many, from the future, and by a service that stops', async () => {
    begin({ maxWatchers: 1 }, 5);
    const future = new Reader({ startRevision: 6 });
    await future.ended;
    assert.deepEqual([future.end?.kind, future.end?.revision], ['REVISION_FUTURE', 5]);
    const first = new Reader();
    const second = new Reader();
    await second.ended;
    assert.equal(second.end?.kind, 'TOO_MANY_WATCHERS');
    watches.close();
    await first.ended;
    const third = new Reader({ startRevision: 4 });
    await third.ended;
    assert.deepEqual([third.end?.kind, third.end?.revision], ['SHUTTING_DOWN', 4]);
  });
});
