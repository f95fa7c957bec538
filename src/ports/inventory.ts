// The durable store: what is wanted of the fleet, the log of changes, request ids, and the lease of the one writer.

import type { Change, Entities, EntityKind } from '../fleet/change.js';
import type { Resources } from '../fleet/resources.js';

/** A committed change. Revisions are consecutive and in commit order. */
export type LogEntry = Change & {
  readonly revision: number;
  /** What was claimed as of this revision: on the host (host entries), by the guest on its host (guest entries). */
  readonly claimed: Resources | undefined;
  readonly at: Date;
  /** Operation or method that made it, and who asked. */
  readonly cause: string;
  readonly principal: string;
};

export interface RequestRecord {
  readonly principal: string;
  readonly method: string;
  readonly requestId: string;
  /** SHA-256 of the request's body. */
  readonly payloadHash: string;
  /** The decision's result as it was first answered; plain JSON with Dates as ISO strings (see authority/). */
  readonly answer: unknown;
  readonly at: Date;
}

/** One transaction: all of it or nothing, and only under the lease of `epoch`. */
export interface Batch {
  /** Looked up when the answer to COMMIT was lost. */
  readonly id: string;
  readonly epoch: number;
  /** The log's last revision before this batch; the entries follow it without a gap. */
  readonly afterRevision: number;
  readonly entries: readonly LogEntry[];
  readonly requests: readonly RequestRecord[];
}

export interface Lease {
  readonly holder: string;
  readonly address: string;
  readonly epoch: number;
  /** Time left by the database's clock when it was read or taken. */
  readonly remainingMs: number;
}

export interface Snapshot {
  readonly revision: number;
  /** Oldest revision a log reader may still start after. */
  readonly oldestRevision: number;
  readonly entities: { readonly [K in EntityKind]: readonly Entities[K][] };
  readonly requests: readonly RequestRecord[];
}

/**
 * FENCED: the lease is not ours any more; nothing was written. UNKNOWN_OUTCOME: COMMIT was sent and no answer came.
 * UNAVAILABLE: nothing was written; worth trying again. POISON: a row that the database will never take; nothing written.
 * COMPACTED: the log does not reach back that far.
 */
export type InventoryErrorKind = 'FENCED' | 'UNKNOWN_OUTCOME' | 'UNAVAILABLE' | 'POISON' | 'COMPACTED';

export class InventoryError extends Error {
  override readonly name = 'InventoryError';
  constructor(
    readonly kind: InventoryErrorKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface Inventory {
  /** Everything, as of one revision. */
  load(): Promise<Snapshot>;
  /** Takes the lease if it is free, expired or our own; the answer is the lease as it is then, whoever holds it. */
  acquireLease(holder: string, address: string, ttlMs: number): Promise<Lease>;
  /** Lengthens it; FENCED if it is not ours any more. */
  renewLease(epoch: number, ttlMs: number): Promise<Lease>;
  releaseLease(epoch: number): Promise<void>;
  commit(batch: Batch): Promise<void>;
  /** Whether the batch was committed; asked under a newer epoch, so that it cannot commit later. */
  committed(batchId: string): Promise<boolean>;
  /** Entries after the revision, oldest first, at most limit. COMPACTED if they are gone. */
  readLog(afterRevision: number, limit: number): Promise<readonly LogEntry[]>;
  /** Drops log entries up to the revision and request ids older than the time. */
  compact(uptoRevision: number, requestsBefore: Date): Promise<void>;
  close(): Promise<void>;
}
