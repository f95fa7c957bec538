// The inventory over SQL, the same for Postgres and PGlite. Every write is one statement: see commit-statement.ts.

import { and, asc, desc, eq, gt, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import { auditLog, changeLog, requestIds } from '../../db/schema.js';
import type { Entities, EntityKind } from '../fleet/change.js';
import { LIMITS } from '../limits.js';
import {
  type AuditEntry,
  type AuditQuery,
  type AuditRecord,
  type Batch,
  type Inventory,
  InventoryError,
  type KnownRequest,
  type Lease,
  type LogBounds,
  type LogEntry,
  type RequestRecord,
  type Retention,
  type Snapshot,
} from '../ports/inventory.js';
import { auditStatement, commitStatement, KINDS, TABLE_OF } from './commit-statement.js';
import type { DatabaseConnection, Queries, Row } from './connection.js';
import { revive } from './document.js';

/** Kept apart, so that neither a long read nor a commit under way delays the renewal of the lease. */
export interface Connections {
  readonly commits: DatabaseConnection;
  readonly control: DatabaseConnection;
  readonly reads: DatabaseConnection;
}

export class SqlInventory implements Inventory {
  constructor(
    private readonly connections: Connections,
    readonly news: Inventory['news'],
    private readonly closeAll: () => Promise<void>,
  ) {}

  async load(): Promise<Snapshot> {
    const rows = await this.read((queries) => everything(queries));
    const byKind = new Map<string, unknown[]>();
    for (const { kind, document } of rows) {
      const documents = byKind.get(kind);
      if (documents === undefined) byKind.set(kind, [revive(document)]);
      else documents.push(revive(document));
    }
    const [bounds] = byKind.get('bounds') ?? [];
    const entities = Object.fromEntries(KINDS.map((kind) => [kind, byKind.get(kind) ?? []]));
    const { oldestRevision, lastRevision } = bounds as LogBounds;
    return {
      revision: lastRevision,
      oldestRevision,
      entities: entities as unknown as { [K in EntityKind]: Entities[K][] },
      requests: (byKind.get('request') ?? []) as KnownRequest[],
    };
  }

  async readAnswer({ principal, method, requestId }: Pick<RequestRecord, 'principal' | 'method' | 'requestId'>) {
    const isIt = and(
      eq(requestIds.principal, principal),
      eq(requestIds.method, method),
      eq(requestIds.requestId, requestId),
    );
    const [row] = await this.read((queries) =>
      queries.select({ answer: requestIds.answer }).from(requestIds).where(isIt),
    );
    return row === undefined ? undefined : revive(row.answer);
  }

  async readRequests(fromRevision: number): Promise<readonly KnownRequest[]> {
    const { principal, method, requestId, payloadHash, at, revision } = requestIds;
    return this.read((queries) =>
      queries
        .select({ principal, method, requestId, payloadHash, at })
        .from(requestIds)
        .where(gte(revision, fromRevision)),
    );
  }

  async readLease(): Promise<Lease> {
    const [row] = await this.control(`select ${LEASE_COLUMNS} from lease`, []);
    return row === undefined ? NOBODYS : leaseOf(row);
  }

  async acquireLease(holder: string, address: string, ttlMs: number): Promise<Lease> {
    const [taken] = await this.control(
      `insert into lease (id, holder, address, epoch, expires_at, last_revision)
       values (1, $1, $2, 1, clock_timestamp() + $3::float8 * interval '1 ms', 0)
       on conflict (id) do update
       set holder = excluded.holder, address = excluded.address, epoch = lease.epoch + 1,
           expires_at = clock_timestamp() + $3::float8 * interval '1 ms'
       where lease.expires_at <= clock_timestamp() or lease.holder = excluded.holder
       returning ${LEASE_COLUMNS}`,
      [holder, address, ttlMs],
    );
    if (taken !== undefined) return leaseOf(taken);
    return this.readLease();
  }

  async renewLease(epoch: number, ttlMs: number): Promise<Lease> {
    const [row] = await this.control(
      `update lease set expires_at = clock_timestamp() + $2::float8 * interval '1 ms'
       where epoch = $1::bigint returning ${LEASE_COLUMNS}`,
      [epoch, ttlMs],
    );
    if (row === undefined) throw fenced(epoch);
    return leaseOf(row);
  }

  async releaseLease(epoch: number): Promise<void> {
    await this.control('update lease set expires_at = clock_timestamp() where epoch = $1::bigint', [epoch]);
  }

  async commit(batch: Batch): Promise<void> {
    const [row] = await this.connections.commits.run(commitStatement(batch));
    if (row?.written !== 1) throw fenced(batch.epoch);
  }

  async committed(batchId: string): Promise<boolean> {
    const rows = await this.control('select 1 from batches where id = $1::uuid', [batchId]);
    return rows.length > 0;
  }

  async readLog(afterRevision: number, limit: number): Promise<readonly LogEntry[]> {
    const rows = await this.read((queries) =>
      queries
        .select()
        .from(changeLog)
        .where(gt(changeLog.revision, afterRevision))
        .orderBy(asc(changeLog.revision))
        .limit(limit),
    );
    // The revisions have no gap, so whatever is missing at the start was compacted.
    const oldest = rows[0] === undefined ? (await this.logBounds()).lastRevision : rows[0].revision - 1;
    if (oldest > afterRevision) {
      throw new InventoryError('COMPACTED', `the log begins after revision ${oldest}`);
    }
    return rows.map(entryOf);
  }

  async logBounds(): Promise<LogBounds> {
    const [row] = await repeatable(
      this.connections.reads.read((queries) => queries.select({ bounds: BOUNDS }).from(sql`(select 1) as one`)),
    );
    return row?.bounds as LogBounds;
  }

  async appendAudit(records: readonly AuditRecord[]): Promise<void> {
    await repeatable(this.connections.reads.run(auditStatement(records)));
  }

  async readAudit({ limit, ...query }: AuditQuery): Promise<readonly AuditEntry[]> {
    const rows = await this.read((queries) =>
      queries.select().from(auditLog).where(matching(query)).orderBy(desc(auditLog.sequence)).limit(limit),
    );
    return rows as AuditEntry[];
  }

  async now(): Promise<Date> {
    const [row] = await this.control('select extract(epoch from clock_timestamp())::float8 * 1000 as ms', []);
    return new Date(Number(row?.ms));
  }

  async compact(keep: Retention): Promise<void> {
    const { entries, entriesAfter, requestsAfter, auditAfter } = keep;
    // Oldest first and a few at a time: the log is never searched, nor locked for long.
    const oldEntries = `
      delete from change_log where revision in (
        select revision from (select revision, at from change_log order by revision limit $3::bigint) as oldest
        where at < $1::timestamptz or revision <= (select last_revision from lease) - $2::bigint)
      returning 1`;
    while (await this.dropSome(oldEntries, [entriesAfter.toISOString(), entries, LIMITS.compactedAtOnce]));
    const oldRequests = `
      delete from request_ids where ctid = any(array(
        select ctid from request_ids where at < $1::timestamptz limit $2::bigint))
      returning 1`;
    while (await this.dropSome(oldRequests, [requestsAfter.toISOString(), LIMITS.compactedAtOnce]));
    const oldRecords = `
      delete from audit_log where sequence in (
        select sequence from (select sequence, at from audit_log order by sequence limit $2::bigint) as oldest
        where at < $1::timestamptz)
      returning 1`;
    if (auditAfter !== undefined) {
      while (await this.dropSome(oldRecords, [auditAfter.toISOString(), LIMITS.compactedAtOnce]));
    }
    await this.control(`delete from batches where committed_at < now() - interval '1 hour'`, []);
  }

  close(): Promise<void> {
    return this.closeAll();
  }

  /** Whether there may be more. */
  private async dropSome(text: string, parameters: (string | number)[]): Promise<boolean> {
    const dropped = await repeatable(this.connections.reads.run({ text, parameters }));
    return dropped.length >= LIMITS.compactedAtOnce;
  }

  private control(text: string, parameters: (string | number)[]): Promise<readonly Row[]> {
    return repeatable(this.connections.control.run({ text, parameters }));
  }

  private read<R>(query: (queries: Queries) => Promise<R>): Promise<R> {
    return repeatable(this.connections.reads.read(query));
  }
}

function matching({ principals, methods, decisions, since, before }: Omit<AuditQuery, 'limit'>): SQL | undefined {
  const { principal, method, decision, at, sequence } = auditLog;
  const bare = sql`split_part(${method}, '/', 2)`;
  return and(
    principals.length === 0 ? undefined : inArray(principal, [...principals]),
    methods.length === 0 ? undefined : or(inArray(method, [...methods]), inArray(bare, [...methods])),
    decisions.length === 0 ? undefined : inArray(decision, [...decisions]),
    since && gte(at, since),
    before === undefined ? undefined : lt(sequence, before),
  );
}

/** A statement that may be given again whatever became of it: that its outcome is unknown is no trouble of its own. */
async function repeatable<R>(answer: Promise<R>): Promise<R> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof InventoryError && error.kind === 'UNKNOWN_OUTCOME') {
      throw new InventoryError('UNAVAILABLE', error.message, { cause: error });
    }
    throw error;
  }
}

const NOBODYS: Lease = { holder: '', address: '', epoch: 0, remainingMs: 0, lastRevision: 0 };

const LEASE_COLUMNS = `holder, address, epoch, last_revision,
  greatest(0, extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as remaining_ms`;

function leaseOf(row: Row): Lease {
  const { holder, address, epoch, remaining_ms, last_revision } = row;
  return {
    holder: String(holder),
    address: String(address),
    epoch: Number(epoch),
    remainingMs: Number(remaining_ms),
    lastRevision: Number(last_revision),
  };
}

function fenced(epoch: number): InventoryError {
  return new InventoryError('FENCED', `epoch ${epoch} does not lead any more`);
}

function entryOf(row: typeof changeLog.$inferSelect): LogEntry {
  const { after, deleteReason, context, ...plain } = row;
  const documents = { after: revive(after), ...(revive(context) as Pick<LogEntry, 'load' | 'claims' | 'was'>) };
  return { ...plain, ...documents, deleteReason: deleteReason ?? undefined } as LogEntry;
}

const BOUNDS = sql<unknown>`jsonb_build_object(
  'lastRevision', coalesce((select last_revision from lease), 0),
  'oldestRevision', coalesce((select min(revision) - 1 from change_log), (select last_revision from lease), 0))`;

/** One statement over all tables, because it is to be as of one revision. */
function everything(queries: Queries) {
  const documents = KINDS.map((kind) => {
    const table = TABLE_OF[kind];
    return queries.select({ kind: sql<string>`${kind}::text`, document: table.document }).from(table);
  });
  const requests = queries
    .select({
      kind: sql<string>`'request'`,
      document: sql<unknown>`jsonb_build_object('principal', ${requestIds.principal}, 'method', ${requestIds.method},
        'requestId', ${requestIds.requestId}, 'payloadHash', ${requestIds.payloadHash},
        'at', jsonb_build_object('$date', to_char(${requestIds.at} at time zone 'utc', ${ISO_FORMAT})))`,
    })
    .from(requestIds);
  const bounds = queries.select({ kind: sql<string>`'bounds'`, document: BOUNDS }).from(sql`(select 1) as one`);
  return unionAll(bounds, requests, ...documents);
}

const ISO_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
