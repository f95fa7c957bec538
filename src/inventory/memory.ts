// An inventory in memory, for simulations and tests. A MemoryDatabase stands for the server; several inventories may be
// connected to one, as replicas are. Whoever makes one may interfere with any call: delay it, fail it, or lose its answer.

import type { Change, Entities, EntityKind } from '../fleet/change.js';
import type { Clock } from '../ports/clock.js';
import {
  type AuditEntry,
  type AuditQuery,
  type AuditRecord,
  type Batch,
  type Inventory,
  InventoryError,
  type InventoryErrorKind,
  type KnownRequest,
  type Lease,
  type LogBounds,
  type LogEntry,
  type RequestRecord,
  type Retention,
  type Snapshot,
} from '../ports/inventory.js';
import { decode, encode, UnstorableError } from './document.js';

export type InventoryCall = Exclude<keyof Inventory, 'close'>;

/** What befalls one call. */
export interface Interference {
  /** Virtual time that the call takes, before anything else happens. */
  readonly delayMs?: number;
  /** The call rejects with this ... */
  readonly error?: InventoryErrorKind;
  /** ... and was done all the same: its answer was lost. */
  readonly done?: boolean;
}

type Interfere = (call: InventoryCall) => Interference | undefined;

interface StoredEntry {
  readonly revision: number;
  readonly atMs: number;
  readonly text: string;
}

interface StoredRequest {
  readonly known: KnownRequest;
  readonly answer: string;
  readonly revision: number;
}

const KINDS: readonly EntityKind[] = [
  'host',
  'guest',
  'claim',
  'pool',
  'image',
  'template',
  'baseGuest',
  'operation',
  'policy',
];

/** What the replicas share. Texts are kept, not objects, so that nothing decided later can change what was committed. */
export class MemoryDatabase {
  readonly entities = new Map<string, { readonly kind: EntityKind; readonly text: string }>();
  readonly requests = new Map<string, StoredRequest>();
  readonly batches = new Set<string>();
  log: StoredEntry[] = [];
  audit: AuditEntry[] = [];
  private auditSequence = 0;
  lastRevision = 0;
  lease = { holder: '', address: '', epoch: 0, endsAtMs: 0 };
  private readonly followers = new Set<() => void>();

  constructor(readonly clock: Clock) {}

  connect(interfere: Interfere = () => undefined): Inventory {
    return new MemoryInventory(this, interfere);
  }

  addAudit(records: readonly AuditRecord[]): void {
    for (const record of records) {
      this.auditSequence += 1;
      this.audit.push({ ...record, sequence: this.auditSequence });
    }
  }

  /** Called once, after the next commit. */
  notify(follower: () => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  tellFollowers(): void {
    const followers = [...this.followers];
    this.followers.clear();
    for (const follower of followers) follower();
  }

  get oldestRevision(): number {
    return (this.log[0]?.revision ?? this.lastRevision + 1) - 1;
  }
}

class MemoryInventory implements Inventory {
  private closed = false;

  constructor(
    private readonly database: MemoryDatabase,
    private readonly interfere: Interfere,
  ) {}

  load(): Promise<Snapshot> {
    return this.call('load', () => {
      const { database } = this;
      const entities = Object.fromEntries(KINDS.map((kind) => [kind, [] as unknown[]]));
      for (const { kind, text } of database.entities.values()) entities[kind]?.push(decode(text));
      return {
        revision: database.lastRevision,
        oldestRevision: database.oldestRevision,
        entities: entities as unknown as { [K in EntityKind]: Entities[K][] },
        requests: [...database.requests.values()].map(({ known }) => known),
      };
    });
  }

  readAnswer(request: Pick<RequestRecord, 'principal' | 'method' | 'requestId'>): Promise<unknown> {
    return this.call('readAnswer', () => {
      const stored = this.database.requests.get(requestKey(request));
      return stored === undefined ? undefined : decode(stored.answer);
    });
  }

  readRequests(fromRevision: number): Promise<readonly KnownRequest[]> {
    return this.call('readRequests', () =>
      [...this.database.requests.values()].filter(({ revision }) => revision >= fromRevision).map(({ known }) => known),
    );
  }

  readLease(): Promise<Lease> {
    return this.call('readLease', () => this.currentLease());
  }

  acquireLease(holder: string, address: string, ttlMs: number): Promise<Lease> {
    return this.call('acquireLease', () => {
      const { lease, clock } = this.database;
      if (lease.endsAtMs <= clock.monotonicMs() || lease.holder === holder) {
        this.database.lease = { holder, address, epoch: lease.epoch + 1, endsAtMs: clock.monotonicMs() + ttlMs };
      }
      return this.currentLease();
    });
  }

  renewLease(epoch: number, ttlMs: number): Promise<Lease> {
    return this.call('renewLease', () => {
      const { lease, clock } = this.database;
      if (lease.epoch !== epoch) throw fenced(epoch);
      lease.endsAtMs = clock.monotonicMs() + ttlMs;
      return this.currentLease();
    });
  }

  releaseLease(epoch: number): Promise<void> {
    return this.call('releaseLease', () => {
      const { lease, clock } = this.database;
      if (lease.epoch === epoch) lease.endsAtMs = clock.monotonicMs();
    });
  }

  commit(batch: Batch): Promise<void> {
    return this.call('commit', () => {
      const { database } = this;
      const { lease, clock } = database;
      // All that may be refused is refused before anything is written.
      const { entries, requests } = encodeBatch(batch);
      if (lease.epoch !== batch.epoch || lease.endsAtMs <= clock.monotonicMs()) throw fenced(batch.epoch);
      if (database.lastRevision !== batch.afterRevision) throw fenced(batch.epoch);
      for (const { stored, change, after } of entries) {
        database.log.push(stored);
        database.lastRevision = stored.revision;
        const key = `${change.kind}:${change.key}`;
        if (after === undefined) database.entities.delete(key);
        else database.entities.set(key, { kind: change.kind, text: after });
      }
      const revision = database.lastRevision;
      for (const request of requests) database.requests.set(requestKey(request.known), { ...request, revision });
      database.addAudit(batch.audit);
      database.batches.add(batch.id);
      database.tellFollowers();
    });
  }

  committed(batchId: string): Promise<boolean> {
    return this.call('committed', () => this.database.batches.has(batchId));
  }

  readLog(afterRevision: number, limit: number): Promise<readonly LogEntry[]> {
    return this.call('readLog', () => {
      const { log, oldestRevision } = this.database;
      if (afterRevision < oldestRevision) {
        throw new InventoryError('COMPACTED', `the log begins after revision ${oldestRevision}`);
      }
      const from = afterRevision - oldestRevision;
      return log.slice(from, from + limit).map((entry) => decode(entry.text) as LogEntry);
    });
  }

  logBounds(): Promise<LogBounds> {
    const { database } = this;
    return this.call('logBounds', () => ({
      oldestRevision: database.oldestRevision,
      lastRevision: database.lastRevision,
    }));
  }

  appendAudit(records: readonly AuditRecord[]): Promise<void> {
    return this.call('appendAudit', () => {
      refusePoison(() => encode(records));
      this.database.addAudit(records);
    });
  }

  readAudit(query: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.call('readAudit', () => {
      const found = this.database.audit.filter((entry) => matches(query, entry));
      return found.reverse().slice(0, query.limit);
    });
  }

  now(): Promise<Date> {
    return this.call('now', () => this.database.clock.now());
  }

  compact(keep: Retention): Promise<void> {
    return this.call('compact', () => {
      const { database } = this;
      const dropUpTo = database.lastRevision - keep.entries;
      const from = database.log.findIndex(
        (entry) => entry.revision > dropUpTo && entry.atMs >= keep.entriesAfter.getTime(),
      );
      database.log = from < 0 ? [] : database.log.slice(from);
      for (const [key, { known }] of database.requests) {
        if (known.at < keep.requestsAfter) database.requests.delete(key);
      }
      const { auditAfter } = keep;
      if (auditAfter !== undefined) database.audit = database.audit.filter(({ at }) => at >= auditAfter);
    });
  }

  async news(afterRevision: number, signal: AbortSignal): Promise<number> {
    const { database } = this;
    for (;;) {
      signal.throwIfAborted();
      if (database.lastRevision > afterRevision) {
        const { delayMs = 0, error } = this.interfere('news') ?? {};
        if (delayMs > 0) await database.clock.sleep(delayMs, signal);
        if (error === undefined) return database.lastRevision;
      }
      await nextCommit(database, signal);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private async call<R>(name: InventoryCall, work: () => R): Promise<R> {
    const { delayMs = 0, error, done = false } = this.interfere(name) ?? {};
    // Always asynchronous, as a real database is: an answer never comes in the turn of its question.
    if (delayMs > 0) await this.database.clock.sleep(delayMs);
    else await Promise.resolve();
    if (this.closed) throw new InventoryError('UNAVAILABLE', 'the inventory is closed');
    if (error !== undefined && !done) throw new InventoryError(error, `${name} was made to fail`);
    const answer = work();
    if (error !== undefined) throw new InventoryError(error, `the answer to ${name} was lost`);
    return answer;
  }

  private currentLease(): Lease {
    const { holder, address, epoch, endsAtMs } = this.database.lease;
    const remainingMs = Math.max(0, endsAtMs - this.database.clock.monotonicMs());
    return { holder, address, epoch, remainingMs, lastRevision: this.database.lastRevision };
  }
}

function nextCommit(database: MemoryDatabase, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      stop();
      reject(signal.reason as Error);
    };
    const stop = database.notify(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

function encodeBatch(batch: Batch) {
  return refusePoison(() => {
    const entries = batch.entries.map((entry) => {
      const stored: StoredEntry = { revision: entry.revision, atMs: entry.at.getTime(), text: encode(entry) };
      const change: Change = entry;
      return { stored, change, after: change.after === undefined ? undefined : encode(change.after) };
    });
    const requests = batch.requests.map(({ answer, ...known }) => ({ known, answer: encode(answer) }));
    encode(batch.audit);
    return { entries, requests };
  });
}

function matches({ principals, methods, decisions, since, before }: AuditQuery, entry: AuditEntry): boolean {
  const { principal, method, decision, at, sequence } = entry;
  const isOf = <T>(wanted: readonly T[], ...values: T[]) =>
    wanted.length === 0 || values.some((value) => wanted.includes(value));
  return (
    isOf(principals, principal) &&
    isOf(methods, method, method.split('/')[1] ?? '') &&
    isOf(decisions, decision) &&
    (since === undefined || at >= since) &&
    (before === undefined || sequence < before)
  );
}

function refusePoison<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnstorableError) throw new InventoryError('POISON', error.message, { cause: error });
    throw error;
  }
}

function requestKey(request: Pick<RequestRecord, 'principal' | 'method' | 'requestId'>): string {
  return JSON.stringify([request.principal, request.method, request.requestId]);
}

function fenced(epoch: number): InventoryError {
  return new InventoryError('FENCED', `epoch ${epoch} does not lead any more`);
}
