// The database. Each entity of the fleet is one JSON document under its key: one truth, however its noun grows. What
// people ask for in SQL are columns that the database itself computes from the document, so that the two cannot differ.
// (In documents a Date is {"$date": "..."}, and null means that there is none.)

import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** SQL for a member of the document, by its path. */
function member(path: string): string {
  const names = path.split('.').map((name) => `'${name}'`);
  const last = names.pop() ?? '';
  return `${['document', ...names].join(' -> ')} ->> ${last}`;
}

const textOf = (path: string) => text().generatedAlwaysAs(sql.raw(member(path)));
const amountOf = (path: string) => bigint({ mode: 'number' }).generatedAlwaysAs(sql.raw(`(${member(path)})::bigint`));
const countOf = (path: string) => integer().generatedAlwaysAs(sql.raw(`(${member(path)})::integer`));
const flagOf = (path: string) => boolean().generatedAlwaysAs(sql.raw(`(${member(path)})::boolean`));

/** What every entity's table has. */
const entity = () => ({
  key: text().primaryKey(),
  document: jsonb().notNull(),
  revision: amountOf('revision'),
});

export const hosts = pgTable('hosts', {
  ...entity(),
  hostname: textOf('hostname'),
  ip_address: textOf('ipAddress'),
  uri: textOf('uri'),
  admin_state: textOf('adminState'),
  condition: textOf('condition'),
  zone: textOf('zone'),
  max_cpu: countOf('capacity.cpu'),
  max_memory_kib: amountOf('capacity.memoryKib'),
  max_io_kib: amountOf('capacity.ioKib'),
});

export const pools = pgTable('pools', {
  ...entity(),
  name: textOf('name'),
  kind: textOf('kind'),
  locking: flagOf('locking'),
  capacity_kib: amountOf('capacityKib'),
  exported_by: textOf('exportedBy'),
});

export const images = pgTable('images', {
  ...entity(),
  pool: textOf('pool'),
  hostname: textOf('hostname'),
  name: textOf('name'),
  format: textOf('format'),
  size_bytes: amountOf('sizeBytes'),
  sha256: textOf('sha256'),
});

export const guests = pgTable('guests', {
  ...entity(),
  vmid: textOf('vmid'),
  uuid: textOf('uuid'),
  domain_name: textOf('domainName'),
  hostname: textOf('hostname'),
  state: textOf('state'),
  state_reason: textOf('stateReason'),
  current_cpu: countOf('currentCpu'),
  max_cpu: countOf('maxCpu'),
  current_memory_kib: amountOf('currentMemoryKib'),
  max_memory_kib: amountOf('maxMemoryKib'),
  io_kib: amountOf('ioKib'),
  base_guest: textOf('baseGuest'),
  operation: textOf('operation'),
  created_by: textOf('createdBy'),
  created_at: textOf('createdAt.$date'),
});

export const claims = pgTable(
  'claims',
  {
    ...entity(),
    hostname: textOf('hostname'),
    vmid: textOf('vmid'),
    kind: textOf('kind'),
    cpu: countOf('resources.cpu'),
    memory_kib: amountOf('resources.memoryKib'),
    io_kib: amountOf('resources.ioKib'),
    retake_kib: amountOf('retakeKib'),
  },
  // A second net under the arithmetic of decisions: nobody ever holds less than nothing.
  (table) => [
    check(
      'claims_not_negative',
      sql`${table.cpu} >= 0 and ${table.memory_kib} >= 0 and ${table.io_kib} >= 0 and ${table.retake_kib} >= 0`,
    ),
  ],
);

export const baseGuests = pgTable('base_guests', {
  ...entity(),
  name: textOf('name'),
  template: textOf('template'),
  machine_type: textOf('machineType'),
  created_at: textOf('createdAt.$date'),
});

export const templates = pgTable('templates', { ...entity() });

export const operations = pgTable('operations', {
  ...entity(),
  name: textOf('name'),
  kind: textOf('input.kind'),
  target: textOf('target'),
  parent: textOf('parent'),
  principal: textOf('principal'),
  state: textOf('state'),
  step: textOf('step'),
  error_reason: textOf('error.reason'),
  error_message: textOf('error.message'),
  created_at: textOf('createdAt.$date'),
  ended_at: textOf('endedAt.$date'),
});

export const clusterPolicy = pgTable('cluster_policy', { ...entity(), strategy: textOf('strategy') });

/** Every committed change, oldest first without a gap; watchers that are behind read it. */
export const changeLog = pgTable('change_log', {
  revision: bigint({ mode: 'number' }).primaryKey(),
  kind: text().notNull(),
  key: text().notNull(),
  /** The entity after the change; null: it is deleted. */
  after: jsonb(),
  deleteReason: text('delete_reason'),
  /** What the entity does not tell itself: a host's load, a guest's claims, what filters went by before. */
  context: json().notNull(),
  at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  cause: text().notNull(),
  principal: text().notNull(),
});

/** First answers, given again to whoever repeats a request. */
export const requestIds = pgTable(
  'request_ids',
  {
    principal: text().notNull(),
    method: text().notNull(),
    requestId: text('request_id').notNull(),
    payloadHash: text('payload_hash').notNull(),
    answer: json().notNull(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** The log's last revision as of their commit: what has come since a revision is found by it. */
    revision: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.method, table.requestId] }),
    index('request_ids_revision').on(table.revision),
  ],
);

/** Every mutation and every denied call, oldest first: only ever added to, and dropped when it is old. */
export const auditLog = pgTable(
  'audit_log',
  {
    sequence: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    principal: text().notNull(),
    role: text().notNull(),
    method: text().notNull(),
    target: text().notNull(),
    requestId: text('request_id').notNull(),
    decision: text().notNull(),
    reason: text().notNull(),
    revision: bigint({ mode: 'number' }).notNull(),
    operation: text().notNull(),
  },
  // The times rise with the sequence, nearly: an index of a few pages is enough, and costs a commit next to nothing.
  (table) => [index('audit_log_at').using('brin', table.at)],
);

/** One row: who may commit, until when by this database's clock, and how far it came. */
export const lease = pgTable(
  'lease',
  {
    id: integer().primaryKey(),
    holder: text().notNull(),
    address: text().notNull(),
    epoch: bigint({ mode: 'number' }).notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    lastRevision: bigint('last_revision', { mode: 'number' }).notNull(),
  },
  (table) => [check('lease_is_one', sql`${table.id} = 1`)],
);

/** Batches committed lately; looked up when the answer to a commit was lost. */
export const batches = pgTable('batches', {
  id: uuid().primaryKey(),
  epoch: bigint({ mode: 'number' }).notNull(),
  lastRevision: bigint('last_revision', { mode: 'number' }).notNull(),
  committedAt: timestamp('committed_at', { withTimezone: true }).notNull().defaultNow(),
});
