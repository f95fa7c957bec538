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
import { type Batch, InventoryError, type LogEntry } from '../ports/inventory.js';
import { encode, UnstorableError } from './document.js';

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

/** Answers one row {written: 1}, or {written: 0} if the lease does not allow it. Throws POISON for what cannot be stored. */
export function commitStatement(batch: Batch): Statement {
  const kinds = new Set(batch.entries.map(({ kind }) => kind));
  const lastRevision = batch.entries.at(-1)?.revision ?? batch.afterRevision;
  try {
    return {
      text: textFor(KINDS.filter((kind) => kinds.has(kind))),
      parameters: [
        entriesText(batch.entries),
        `[${batch.requests.map(encode).join(',')}]`,
        batch.id,
        batch.epoch,
        batch.afterRevision,
        lastRevision,
      ],
    };
  } catch (error) {
    if (error instanceof UnstorableError) throw new InventoryError('POISON', error.message, { cause: error });
    throw error;
  }
}

/** Each entry once, as JSON; `last` marks the one that leaves its entity as the batch does. */
function entriesText(entries: readonly LogEntry[]): string {
  const lastOf = new Map(entries.map((entry) => [`${entry.kind}:${entry.key}`, entry.revision]));
  const texts = entries.map((entry) => {
    const { revision, kind, key, deleteReason: delete_reason, at, cause, principal } = entry;
    const last = lastOf.get(`${kind}:${key}`) === revision;
    const plain = JSON.stringify({ revision, kind, key, last, delete_reason, at, cause, principal });
    const documents = `"after":${encode(entry.after)},"load":${encode(entry.load)},"claims":${encode(entry.claims)}`;
    return `${plain.slice(0, -1)},${documents},"was":${encode(entry.was)}}`;
  });
  return `[${texts.join(',')}]`;
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

function writeText(kinds: readonly EntityKind[]): string {
  return `
with entries as materialized (
  select * from json_to_recordset($1::text::json) as entry (
    revision bigint, kind text, key text, last boolean, delete_reason text, at timestamptz, cause text, principal text,
    after jsonb, load jsonb, claims jsonb, was jsonb)
), head as (
  update lease set last_revision = $6::bigint
  where epoch = $4::bigint and last_revision = $5::bigint and expires_at > clock_timestamp()
  returning epoch
), logged as (
  insert into change_log (revision, kind, key, after, delete_reason, load, claims, was, at, cause, principal)
  select revision, kind, key, after, delete_reason, load, claims, was, at, cause, principal from entries, head
), batch as (
  insert into batches (id, epoch, last_revision) select $3::uuid, epoch, $6::bigint from head
), requests as (
  insert into request_ids (principal, method, request_id, payload_hash, answer, at)
  select principal, method, "requestId", "payloadHash", answer, (at ->> '$date')::timestamptz
  from json_to_recordset($2::text::json) as request (
    principal text, method text, "requestId" text, "payloadHash" text, answer json, at json), head
  on conflict (principal, method, request_id) do update
  set payload_hash = excluded.payload_hash, answer = excluded.answer, at = excluded.at
)${kinds.map(writeEntities).join('')}
select count(*)::integer as written, max(pg_notify('${LOG_CHANNEL}', $6::text)::text) as notified from head`;
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
