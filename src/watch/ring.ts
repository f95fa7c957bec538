// The last committed batches in memory, shared by all watchers: each holds only a cursor.

import type { LogEntry } from '../ports/inventory.js';
import { type Stretch, Told } from './answer.js';

export interface RingLimits {
  readonly maxEntries: number;
  /** Of the entries and of what was encoded of them, roughly. The last batch is kept even where it alone is more. */
  readonly maxBytes: number;
}

/** What an entry takes, its labels apart, together with its encoded form. */
const ENTRY_BYTES = 1_024;

interface Held extends Stretch {
  readonly bytes: number;
}

export class Ring {
  /** Those before `oldest` are dropped, and go when they are the greater part. */
  private batches: Held[] = [];
  private oldest = 0;
  private entries = 0;
  private bytes = 0;

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
    return this.batches[this.oldest]?.after ?? this.startRevision;
  }

  /** Begins anew as of the revision: what came before it is in the log, or nowhere. */
  restart(revision: number): void {
    this.startRevision = revision;
    this.batches = [];
    [this.oldest, this.entries, this.bytes] = [0, 0, 0];
  }

  /** What one commit wrote. Where something between it and the one before is not known here, the ring begins anew. */
  append(entries: readonly LogEntry[]): void {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    const after = first.revision - 1;
    if (after !== this.lastRevision) this.restart(after);
    const watched = entries.filter(({ kind }) => kind === 'guest' || kind === 'host');
    const bytes = watched.reduce((sum, entry) => sum + bytesOf(entry), 0);
    const told = watched.map((entry) => new Told(entry));
    this.batches.push({ after, last: last.revision, told, endsCommit: true, bytes });
    this.entries += told.length;
    this.bytes += bytes;
    this.trim();
  }

  /** The batches from the one on that holds the first revision after the cursor; the ring must reach back that far. */
  *after(cursor: number): Generator<Stretch> {
    let [low, high] = [this.oldest, this.batches.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.batches[middle] as Held).last <= cursor) low = middle + 1;
      else high = middle;
    }
    for (; low < this.batches.length; low++) yield this.batches[low] as Held;
  }

  private trim(): void {
    const { maxEntries, maxBytes } = this.limits;
    const last = this.batches.length - 1;
    while (this.oldest < last && (this.entries > maxEntries || this.bytes > maxBytes)) {
      const { told, bytes } = this.batches[this.oldest++] as Held;
      this.entries -= told.length;
      this.bytes -= bytes;
    }
    if (this.oldest <= last / 2) return;
    this.batches = this.batches.slice(this.oldest);
    this.oldest = 0;
  }
}

/** Labels are what an entry may have much of: each text once as such and once encoded. */
function bytesOf({ after, was }: LogEntry): number {
  let bytes = ENTRY_BYTES;
  for (const labels of [after !== undefined && 'labels' in after ? after.labels : undefined, was?.labels]) {
    for (const key in labels) bytes += 2 * (key.length + (labels[key] ?? '').length);
  }
  return bytes;
}
