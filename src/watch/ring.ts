// The last committed batches in memory, shared by all watchers: each holds only a cursor. What is encoded, is encoded once.

import type { LogEntry } from '../ports/inventory.js';
import { eventOf, type Topic, type WatchEvent } from './topic.js';

export interface RingLimits {
  readonly maxEntries: number;
  readonly maxAnswerBytes: number;
}

/** A committed batch, reduced to what can be watched. */
export interface RingBatch {
  /** The revision before its first: a watcher whose cursor is there wants all of it. */
  readonly after: number;
  readonly last: number;
  readonly entries: readonly LogEntry[];
  /** Finished answers by topic and filter. */
  readonly answers: Map<string, readonly Uint8Array[]>;
}

export class Ring {
  private batches: RingBatch[] = [];
  private held = 0;
  private arrival = newArrival();
  /** Encoded events by entry; they go with the entry. */
  private readonly encoded = new WeakMap<LogEntry, Uint8Array>();

  constructor(
    /** Revision as of which the ring begins. */
    private startRevision: number,
    private readonly limits: RingLimits,
  ) {}

  get lastRevision(): number {
    return this.batches.at(-1)?.last ?? this.startRevision;
  }

  /** Cursors below this find what they want in the log only. */
  get oldestRevision(): number {
    return this.batches[0]?.after ?? this.startRevision;
  }

  append(entries: readonly LogEntry[]): void {
    const first = entries[0];
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    const watched = entries.filter((entry) => entry.kind === 'guest' || entry.kind === 'host');
    this.batches.push({ after: first.revision - 1, last: last.revision, entries: watched, answers: new Map() });
    this.held += watched.length;
    let dropped = 0;
    while (this.held > this.limits.maxEntries && dropped < this.batches.length - 1) {
      this.held -= this.batches[dropped]?.entries.length ?? 0;
      dropped++;
    }
    if (dropped > 0) this.batches = this.batches.slice(dropped);
    this.startRevision = this.oldestRevision;
    const { resolve } = this.arrival;
    this.arrival = newArrival();
    resolve();
  }

  /** Resolves when a batch beyond the cursor is there. */
  async beyond(cursor: number): Promise<void> {
    while (this.lastRevision <= cursor) await this.arrival.promise;
  }

  /** The batch that holds the first revision after the cursor; the ring must reach back that far. */
  next(cursor: number): RingBatch | undefined {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.batches[middle] as RingBatch).last <= cursor) low = middle + 1;
      else high = middle;
    }
    return this.batches[low];
  }

  /** The batch's answers for the filter; made once for all its watchers that want the whole batch. */
  answers<F>(topic: Topic<F>, filter: F, filterKey: string, batch: RingBatch): readonly Uint8Array[] {
    const key = `${topic.kind} ${filterKey}`;
    let answers = batch.answers.get(key);
    if (answers === undefined) {
      answers = this.make(topic, filter, batch.entries, batch.last);
      batch.answers.set(key, answers);
    }
    return answers;
  }

  make<F>(topic: Topic<F>, filter: F, entries: readonly LogEntry[], last: number): readonly Uint8Array[] {
    const events = entries.map((entry) => eventOf(topic, filter, entry)).filter((event) => event !== undefined);
    return events.length === 0 ? [] : [...this.join(topic, events, last)];
  }

  /**
   * Answers of at most the limit's bytes (one event alone may be more); the last one ends the batch at `last`.
   * Without `last` they are a state, in the middle of which nobody can resume.
   */
  *join<F>(topic: Topic<F>, events: readonly WatchEvent[], last?: number): Generator<Uint8Array> {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    let revision = 0;
    for (const event of events) {
      const encoded = this.encode(topic, event);
      if (parts.length > 0 && bytes + encoded.length > this.limits.maxAnswerBytes) {
        yield concat([...parts, topic.encodeTail(revision, false)]);
        parts = [];
        bytes = 0;
      }
      parts.push(encoded);
      bytes += encoded.length;
      if (last !== undefined) revision = event.revision;
    }
    yield concat([...parts, topic.encodeTail(last ?? 0, last !== undefined)]);
  }

  private encode<F>(topic: Topic<F>, event: WatchEvent): Uint8Array {
    const plain = event.type === 'upserted' || (event.type === 'deleted' && event.reason !== 'LEFT_FILTER');
    if (!plain) return topic.encodeEvent(event);
    let bytes = this.encoded.get(event.entry);
    if (bytes === undefined) {
      bytes = topic.encodeEvent(event);
      this.encoded.set(event.entry, bytes);
    }
    return bytes;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function newArrival(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
