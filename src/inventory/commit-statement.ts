// The commit of a batch as ONE statement, and therefore atomic whatever happens to the connection: it is done or it is
// not, there is no half-way point at which a driver could lose its transaction or a frozen process could hold a lock.
//
// Everything hangs from `head`, the locking update of the lease row: without a row there (another epoch, an expired
// lease, another last revision than ours) nothing at all is written.

import { getTableName } from 'drizzle-orm';
import {
  baseGuests,
  claims,
  clusterPolicy,
  guests,
  hosts,
  images,
  operations,
  pools,
  templates,
} from '../../db/schema.js';
import type { EntityKind } from '../fleet/change.js';
import { type AuditRecord, type Batch, InventoryError, type LogEntry, type RequestRecord } from '../ports/inventory.js';
import { encode, UnstorableError } from './document.js';
import { type Column, orNull, parametersOf, plainText, rowsSql } from './rows.js';

/** Where each kind of entity is kept. */
export const TABLE_OF = {
  host: hosts,
  guest: guests,
  claim: claims,
  pool: pools,
  image: images,
  template: templates,
  baseGuest: baseGuests,
  operation: operations,
  policy: clusterPolicy,
} as const satisfies Record<EntityKind, unknown>;

export const KINDS = Object.keys(TABLE_OF) as EntityKind[];

/** Followers listen to it; the payload is the last revision. */
export const LOG_CHANNEL = 'virtdc_log';

export interface Statement {
  readonly text: string;
  readonly parameters: readonly (string | number)[];
}

interface Encoded {
  /** Of each entity of the batch, which may be in an entry and in an answer. */
  readonly texts: ReadonlyMap<object, string>;
  /** Revisions of the entries that leave their entity as the batch does. */
  readonly last: ReadonlySet<number>;
}

const ENTRY_COLUMNS: readonly Column<LogEntry, Encoded>[] = [
  { name: 'kind', type: 'text', of: ({ kind }) => kind },
  { name: 'key', type: 'text', of: ({ key }) => plainText(key) },
  { name: 'after', type: 'jsonb', mayBeNull: true, of: ({ after }, { texts }) => encode(after, texts) },
  { name: 'last', type: 'boolean', of: ({ revision }, { last }) => (last.has(revision) ? 't' : 'f') },
  { name: 'delete_reason', type: 'text', mayBeNull: true, of: ({ deleteReason }) => orNull(deleteReason) },
  { name: 'context', type: 'json', of: ({ load, claims, was }) => encode({ load, claims, was }) },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at.toISOString() },
  { name: 'cause', type: 'text', of: ({ cause }) => plainText(cause) },
  { name: 'principal', type: 'text', of: ({ principal }) => plainText(principal) },
];

const REQUEST_COLUMNS: readonly Column<RequestRecord, Encoded>[] = [
  { name: 'principal', type: 'text', of: ({ principal }) => plainText(principal) },
  { name: 'method', type: 'text', of: ({ method }) => plainText(method) },
  { name: 'request_id', type: 'text', of: ({ requestId }) => plainText(requestId) },
  { name: 'payload_hash', type: 'text', of: ({ payloadHash }) => plainText(payloadHash) },
  { name: 'answer', type: 'json', of: ({ answer }, { texts }) => encode(answer, texts) },
  { name: 'at', type: 'timestamptz', of: ({ at }) => at.toISOString() },
];

const AUDIT_COLUMNS: readonly Column<AuditRecord, void>[] = [
  { name: 'at', type: 'timestamptz', of: ({ at }) => at.toISOString() },
  { name: 'principal', type: 'text', of: ({ principal }) => plainText(principal) },
  { name: 'role', type: 'text', of: ({ role }) => role },
  { name: 'method', type: 'text', of: ({ method }) => plainText(method) },
  { name: 'target', type: 'text', of: ({ target }) => plainText(target) },
  { name: 'request_id', type: 'text', of: ({ requestId }) => plainText(requestId) },
  { name: 'decision', type: 'text', of: ({ decision }) => decision },
  { name: 'reason', type: 'text', of: ({ reason }) => reason },
  { name: 'revision', type: 'bigint', of: ({ revision }) => String(revision) },
  { name: 'operation', type: 'text', of: ({ operation }) => operation },
];
const AUDIT_NAMES = AUDIT_COLUMNS.map(({ name }) => name).join(', ');

/** Writes records of the audit log, which need no lease. Throws POISON for what cannot be stored. */
export function auditStatement(records: readonly AuditRecord[]): Statement {
  return storable(() => ({
    text: `insert into audit_log (${AUDIT_NAMES}) select ${AUDIT_NAMES} from ${rowsSql(AUDIT_COLUMNS, 2, '$1::bigint')} as audit`,
    parameters: [records.length, ...parametersOf(AUDIT_COLUMNS, records, undefined)],
  }));
}

function storable(statement: () => Statement): Statement {
  try {
    return statement();
  } catch (error) {
    if (error instanceof UnstorableError) throw new InventoryError('POISON', error.message, { cause: error });
    throw error;
  }
}

/** Answers one row {written: 1}, or {written: 0} if the lease does not allow it. Throws POISON for what cannot be stored. */
export function commitStatement({ id, epoch, afterRevision, entries, requests, audit }: Batch): Statement {
  const kinds = new Set(entries.map(({ kind }) => kind));
  const lastRevision = entries.at(-1)?.revision ?? afterRevision;
  const head = [id, epoch, afterRevision, lastRevision, requests.length, audit.length];
  return storable(() => ({
    text: textFor(KINDS.filter((kind) => kinds.has(kind))),
    parameters: [...head, ...columnsOf(entries, requests), ...parametersOf(AUDIT_COLUMNS, audit, undefined)],
  }));
}

function columnsOf(entries: readonly LogEntry[], requests: readonly RequestRecord[]): string[] {
  const texts = new Map<object, string>();
  const lastOf = new Map<string, number>();
  for (const { kind, key, revision, after } of entries) {
    lastOf.set(`${kind}:${key}`, revision);
    if (after !== undefined) texts.set(after, encode(after));
  }
  const encoded: Encoded = { texts, last: new Set(lastOf.values()) };
  return [...parametersOf(ENTRY_COLUMNS, entries, encoded), ...parametersOf(REQUEST_COLUMNS, requests, encoded)];
}

/** One text for each set of kinds, so that the server prepares few of them. */
const texts = new Map<string, string>();

function textFor(kinds: readonly EntityKind[]): string {
  const name = kinds.join();
  let text = texts.get(name);
  if (text === undefined) {
    text = writeText(kinds);
    texts.set(name, text);
  }
  return text;
}

const FIRST_ENTRY_PARAMETER = 7;
const FIRST_REQUEST_PARAMETER = FIRST_ENTRY_PARAMETER + ENTRY_COLUMNS.length;
const FIRST_AUDIT_PARAMETER = FIRST_REQUEST_PARAMETER + REQUEST_COLUMNS.length;

function writeText(kinds: readonly EntityKind[]): string {
  return `
with head as (
  update lease set last_revision = $4::bigint
  where epoch = $2::bigint and last_revision = $3::bigint and expires_at > clock_timestamp()
  returning epoch
), batch as (
  insert into batches (id, epoch, last_revision) select $1::uuid, epoch, $4::bigint from head
), entries as materialized (
  select * from ${rowsSql(ENTRY_COLUMNS, FIRST_ENTRY_PARAMETER, '$4::bigint - $3::bigint')} as entry
), logged as (
  insert into change_log (revision, kind, key, after, delete_reason, context, at, cause, principal)
  select $3::bigint + n, kind, key, after, delete_reason, context, at, cause, principal from entries, head
), requests as (
  insert into request_ids (principal, method, request_id, payload_hash, answer, at, revision)
  select principal, method, request_id, payload_hash, answer, at, $4::bigint
  from ${rowsSql(REQUEST_COLUMNS, FIRST_REQUEST_PARAMETER, '$5::bigint')} as request, head
  on conflict (principal, method, request_id) do update
  set payload_hash = excluded.payload_hash, answer = excluded.answer, at = excluded.at, revision = excluded.revision
), audit as (
  insert into audit_log (${AUDIT_NAMES})
  select ${AUDIT_NAMES} from ${rowsSql(AUDIT_COLUMNS, FIRST_AUDIT_PARAMETER, '$6::bigint')} as record, head
)${kinds.map(writeEntities).join('')}
select count(*)::integer as written, max(pg_notify('${LOG_CHANNEL}', $4::text)::text) as notified from head`;
}

function writeEntities(kind: EntityKind): string {
  const table = getTableName(TABLE_OF[kind]);
  return `, put_${table} as (
  insert into ${table} (key, document)
  select key, after from entries, head where kind = '${kind}' and last and after is not null
  on conflict (key) do update set document = excluded.document
), drop_${table} as (
  delete from ${table} using entries, head
  where ${table}.key = entries.key and entries.kind = '${kind}' and last and after is null
)`;
}
