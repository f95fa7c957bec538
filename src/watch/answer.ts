// Makes answers of committed changes: as many as fit into one, each encoded at most once, whoever watches.

import type { LogEntry } from '../ports/inventory.js';
import { eventOf, type Topic, type WatchEvent } from './topic.js';

/** A change that may be told, and its bytes once it was. */
export class Told {
  private bytes: Uint8Array | undefined;

  constructor(readonly entry: LogEntry) {}

  get encodedBytes(): number {
    return this.bytes?.length ?? 0;
  }

  encode<F>(topic: Topic<F>, event: WatchEvent): Uint8Array {
    // What leaves a filter is told otherwise than what was changed, and to few.
    if (event.type === 'deleted' && event.reason === 'LEFT_FILTER') return topic.encodeEvent(event);
    this.bytes ??= topic.encodeEvent(event);
    return this.bytes;
  }
}

/** What was committed after one revision, up to another. */
export interface Stretch {
  readonly after: number;
  readonly last: number;
  /** What of it can be watched, in order. */
  readonly told: readonly Told[];
  /** Whether a commit is known to end where it ends. */
  readonly endsCommit: boolean;
}

export interface Answer {
  /** undefined: nothing of it passes the filter. */
  readonly bytes: Uint8Array | undefined;
  /** Revision up to which everything is told with it. */
  readonly to: number;
}

/** What the stretches tell after the cursor, as far as one answer of maxBytes holds it; one event alone may be more. */
export function answerOf<F>(
  topic: Topic<F>,
  filter: F,
  cursor: number,
  stretches: Iterable<Stretch>,
  maxBytes: number,
): Answer {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let [to, endsCommit] = [cursor, false];
  for (const stretch of stretches) {
    for (const told of stretch.told) {
      if (told.entry.revision <= cursor) continue;
      const event = eventOf(topic, filter, told.entry);
      if (event === undefined) continue;
      const encoded = told.encode(topic, event);
      if (parts.length > 0 && bytes + encoded.length > maxBytes) {
        return { bytes: topic.encodeAnswer(parts, to, endsCommit), to };
      }
      parts.push(encoded);
      bytes += encoded.length;
      [to, endsCommit] = [event.revision, false];
    }
    [to, endsCommit] = [stretch.last, stretch.endsCommit];
  }
  return { bytes: parts.length === 0 ? undefined : topic.encodeAnswer(parts, to, endsCommit), to };
}
