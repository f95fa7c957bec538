// A watch whose answers are pulled, as an iteration: whoever does not pull is a reader that takes nothing.

import type { Topic } from '../../src/watch/topic.js';
import type { Watches } from '../../src/watch/watch.js';
import type { WatchRequest } from '../../src/watch/watcher.js';

/** Rejects as the watch does; ends where it is cut off, or with the signal. */
export function pulled<F>(
  watches: Watches,
  topic: Topic<F>,
  request: WatchRequest<F>,
  signal: AbortSignal,
): { next(): Promise<IteratorResult<Uint8Array, undefined>> } {
  let sent: { readonly answer: Uint8Array; readonly taken: () => void } | undefined;
  let wake = (): void => {};
  let over: Promise<IteratorResult<Uint8Array, undefined>> | undefined;
  const taker = {
    send(answer: Uint8Array, taken: () => void) {
      sent = { answer, taken };
      wake();
    },
    cut: () => {},
  };
  const end = (): IteratorResult<Uint8Array, undefined> => ({ done: true, value: undefined });
  const ended = watches.watch(topic, request, taker, signal).then(end);
  ended
    .catch(() => {})
    .finally(() => {
      over = ended;
      wake();
    });
  return {
    async next() {
      while (sent === undefined && over === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (sent === undefined) return over ?? end();
      const { answer, taken } = sent;
      sent = undefined;
      queueMicrotask(taken);
      return { done: false, value: answer };
    },
  };
}
