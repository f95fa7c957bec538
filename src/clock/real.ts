// The clock of the machine.

import { type Clock, DeadlineError } from '../ports/clock.js';

export const realClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),

  sleep(ms, signal) {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
    });
  },

  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },

  deadline(ms) {
    const controller = new AbortController();
    // A deadline alone never keeps the process alive: whoever waits under it does.
    setTimeout(() => controller.abort(new DeadlineError(ms)), ms).unref();
    return controller.signal;
  },
};
