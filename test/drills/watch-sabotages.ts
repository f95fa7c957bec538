// Bugs of watches, to be put into a service on purpose: see sabotages.ts.

import type { LogEntry } from '../../src/ports/inventory.js';
import { OpenStreams } from '../../src/rpc/interceptors/streams.js';
import { Audience } from '../../src/watch/audience.js';
import { Ring } from '../../src/watch/ring.js';
import { Watcher } from '../../src/watch/watcher.js';
import type { Sabotage } from './sabotages.js';

export const WATCH_SABOTAGES: Readonly<Record<string, Sabotage>> = {
  /** One change in a thousand never gets into the ring. */
  'watch-forgets': {
    prepare: () => {
      const { append } = Ring.prototype;
      Ring.prototype.append = function forgetful(entries) {
        const forgotten = (entry: LogEntry) => entry.kind === 'guest' && entry.revision % 1_000 === 7;
        append.call(
          this,
          entries.map((entry) => (forgotten(entry) ? { ...entry, kind: 'operation' } : entry) as LogEntry),
        );
      };
    },
  },
  /** Whoever resumes from the log is told the last change again. */
  'watch-repeats': {
    prepare: () => {
      const { from } = Audience.prototype;
      Audience.prototype.from = function stuttering(stretches, cursor) {
        // What the log has comes as a list.
        return from.call(this, stretches, Array.isArray(stretches) ? cursor - 1 : cursor);
      };
    },
  },
  /** Two changes of one commit are told the wrong way round. */
  'watch-reorders': {
    prepare: () => {
      const { append } = Ring.prototype;
      Ring.prototype.append = function hasty(entries) {
        const [first, one, other, ...rest] = entries;
        const swapped = rest.length === 0 ? entries : [first, other, one, ...rest];
        append.call(this, swapped as readonly LogEntry[]);
      };
    },
  },
  /** Nobody is ever cut off. */
  'watch-waits': {
    prepare: () => {
      Watcher.prototype.look = () => undefined;
    },
  },
  /** Each watcher is given all there is, whether it takes it or not. */
  'watch-hoards': {
    prepare: () => {
      const { taker } = OpenStreams.prototype;
      OpenStreams.prototype.taker = function eager(headers) {
        const { send, cut } = taker.call(this, headers);
        return {
          send(answer, taken) {
            // A copy, as a queue of a watcher's own would hold it.
            send(Buffer.from(answer), () => undefined);
            setImmediate(taken);
          },
          cut,
        };
      };
    },
  },
};
