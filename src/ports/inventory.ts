// The durable store: what is wanted of the fleet, the log of changes, request ids, and the lease of the one writer.

import type { Change, Entities, EntityKind } from '../fleet/change.js';
import type { Claim } from '../fleet/claim.js';
import type { FilterFacts } from '../fleet/filter-facts.js';
import type { Resources } from '../fleet/resources.js';

/** How a host was loaded as of a revision. */
export interface HostLoad {
  readonly claimed: Resources;
  readonly guests: number;
}

/** A committed change. Revisions are consecutive and in commit order. */
export type LogEntry = Change & {
  readonly revision: number;
  /** Host entries: the host's load as of this revision. */
  readonly load: HostLoad | undefined;
  /** Guest entries: the guest's claims as of this revision. */
  readonly claims: readonly Claim[] | undefined;
  /** What filters went by before, where that is not what they go by now; undefined also for what is new. */
  readonly was: FilterFacts | undefined;
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
  /** What was answered first: plain data, Dates included. It comes back from readAnswer() deeply equal. */
  readonly answer: unknown;
  readonly at: Date;
}

/** A record without its answer, which is read again only when somebody repeats the request. */
export type KnownRequest = Omit<RequestRecord, 'answer'>;

/**
 * What became of a call. REPLAYED: an accepted request was repeated, and answered again. DENIED: its caller may not make
 * it. INVALID: the request was not as it has to be. REFUSED: decided, and the answer was no. FAILED: nothing was decided,
 * or nobody knows.
 */
export const AUDIT_DECISIONS = ['ACCEPTED', 'REPLAYED', 'DENIED', 'INVALID', 'REFUSED', 'FAILED'] as const;
export type AuditDecision = (typeof AUDIT_DECISIONS)[number];

/** One call in the audit log. Never with the contents of a request; what a caller wrote is escaped and bounded. */
export interface AuditRecord {
  readonly at: Date;
  /** Empty: not known. */
  readonly principal: string;
  /** Empty: none. */
  readonly role: string;
  /** Full method: virtdc.v1.Placement/SubmitGuest. */
  readonly method: string;
  /** What it was about (a vmid, a host ...); empty where that is not one thing. */
  readonly target: string;
  readonly requestId: string;
  readonly decision: AuditDecision;
  /** Why it was not accepted, as in the error; else empty. */
  readonly reason: string;
  /** Of its last change, or as of which it was decided; 0: nothing was decided. */
  readonly revision: number;
  /** That it began or cancelled; empty: none. */
  readonly operation: string;
}

/** Rising in the order in which records were written; not without gaps. */
export type AuditEntry = AuditRecord & { readonly sequence: number };

/** Records that match all that is given; of several values, any. */
export interface AuditQuery {
  readonly principals: readonly string[];
  /** In full, or only what stands after the slash. */
  readonly methods: readonly string[];
  readonly decisions: readonly AuditDecision[];
  readonly since: Date | undefined;
  /** Only records that were written before the one of this sequence. */
  readonly before: number | undefined;
  readonly limit: number;
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
  /** Of the calls that were accepted by it. */
  readonly audit: readonly AuditRecord[];
}

export interface Lease {
  readonly holder: string;
  readonly address: string;
  readonly epoch: number;
  /** Time left by the database's clock when it was read or taken. */
  readonly remainingMs: number;
  /** Of the log, as of then. */
  readonly lastRevision: number;
}

export interface Snapshot {
  readonly revision: number;
  /** Oldest revision a log reader may still start after. */
  readonly oldestRevision: number;
  readonly entities: { readonly [K in EntityKind]: readonly Entities[K][] };
  readonly requests: readonly KnownRequest[];
}

/** What compact() keeps: an entry goes if it is beyond the count or older than the time; anything else if it is older. */
export interface Retention {
  readonly entries: number;
  readonly entriesAfter: Date;
  readonly requestsAfter: Date;
  /** undefined: records of the audit log are kept for ever. */
  readonly auditAfter: Date | undefined;
}

/** How far the log reaches: a reader may start after any revision from oldest to last. */
export interface LogBounds {
  readonly oldestRevision: number;
  readonly lastRevision: number;
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
  /** The answer first given to a request; undefined if it is not kept any more. */
  readAnswer(request: Pick<RequestRecord, 'principal' | 'method' | 'requestId'>): Promise<unknown>;
  /** Request ids that were answered by a commit at the revision or later. */
  readRequests(fromRevision: number): Promise<readonly KnownRequest[]>;
  /** The lease as it is now; of nobody, under epoch 0, if nobody ever had it. */
  readLease(): Promise<Lease>;
  /**
   * Takes the lease if it is free, expired or our own, each time under an epoch one higher; waits for a commit that is
   * under way. The answer is the lease as it is then, whoever holds it.
   */
  acquireLease(holder: string, address: string, ttlMs: number): Promise<Lease>;
  /** Lengthens it, also past its end if nobody took it meanwhile; FENCED if the epoch is another. */
  renewLease(epoch: number, ttlMs: number): Promise<Lease>;
  /** Ends it now, so that the next leader need not wait; nothing happens if it is not ours any more. */
  releaseLease(epoch: number): Promise<void>;
  commit(batch: Batch): Promise<void>;
  /** Whether the batch was committed; asked under a newer epoch, so that it cannot commit later. */
  committed(batchId: string): Promise<boolean>;
  /** Entries after the revision, oldest first, at most limit. COMPACTED if they are gone. */
  readLog(afterRevision: number, limit: number): Promise<readonly LogEntry[]>;
  logBounds(): Promise<LogBounds>;
  /**
   * Resolves with the revision that the log has reached, once that is beyond the given one. A hint, given once, that makes
   * a reader look sooner: it may come late or never. Rejects with nothing but the signal's reason.
   */
  news(afterRevision: number, signal: AbortSignal): Promise<number>;
  /** Writes records of calls that no batch has; needs no lease. May write them twice where an answer is lost. */
  appendAudit(records: readonly AuditRecord[]): Promise<void>;
  /** Newest first. */
  readAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** The time by the database's clock, which all replicas share. */
  now(): Promise<Date>;
  /** Drops what is not to be kept of the log, of the request ids and of the audit log. */
  compact(keep: Retention): Promise<void>;
  close(): Promise<void>;
}
