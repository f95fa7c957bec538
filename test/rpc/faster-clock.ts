// A clock on which everything takes a fraction of its time, for tests of a whole service that waits, retries and gives up.

import { realClock } from '../../src/clock/real.js';
import { type Clock, DeadlineError } from '../../src/ports/clock.js';

/** Timers may not be longer than this, in real milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

export function fasterClock(times: number): Clock {
  const startedAt = Date.now();
  const startedMs = performance.now();
  const elapsedMs = (): number => (performance.now() - startedMs) * times;
  return {
    now: () => new Date(startedAt + Math.floor(elapsedMs())),
    monotonicMs: elapsedMs,
    sleep: (ms, signal) => realClock.sleep(Math.min(ms / times, LONGEST_MS), signal),
    after: (ms, callback) => realClock.after(Math.min(ms / times, LONGEST_MS), callback),
    deadline(ms) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DeadlineError(ms)), Math.min(ms / times, LONGEST_MS)).unref();
      return controller.signal;
    },
  };
}
