// The rows that one SubmitGuest has written, read back from the database, and how others write the very same for other
// guests: pgbench in a transaction of several statements, and one statement for a bare client.

import type postgres from 'postgres';

/** Stands in the sample for all that differs from guest to guest: its name, and the numbers of revisions. */
export const SAMPLE_VMID = 'vm-sample';
const LOG_ROWS = 4;

interface LogRow {
  readonly kind: string;
  readonly key: string;
  readonly after: string;
  readonly context: string;
}

/** JSON texts of the documents. */
export interface Sample {
  readonly hostname: string;
  readonly host: string;
  readonly guest: string;
  readonly claim: string;
  readonly operation: string;
  readonly log: readonly LogRow[];
  readonly answer: string;
}

export async function readSample(sql: postgres.Sql): Promise<Sample> {
  const one = async (query: postgres.PendingQuery<postgres.Row[]>): Promise<string> => String((await query)[0]?.text);
  const log = await sql<LogRow[]>`
    select kind, key, after::text, context::text from change_log
    where revision >= (select min(revision) from change_log where key = ${SAMPLE_VMID} and kind = 'guest')
    order by revision limit ${LOG_ROWS}`;
  const hostname = String(
    (await sql`select document ->> 'hostname' as text from guests where key = ${SAMPLE_VMID}`)[0]?.text,
  );
  return {
    hostname,
    host: await one(sql`select document::text as text from hosts where key = ${hostname}`),
    guest: await one(sql`select document::text as text from guests where key = ${SAMPLE_VMID}`),
    claim: await one(sql`select document::text as text from claims where document ->> 'vmid' = ${SAMPLE_VMID}`),
    operation: await one(
      sql`select document::text as text from operations where document ->> 'target' = ${SAMPLE_VMID}`,
    ),
    answer: await one(sql`select answer::text as text from request_ids where request_id = ${SAMPLE_VMID}`),
    log: log.map(({ kind, key, after, context }) => ({ kind, key, after, context })),
  };
}

/** The same hosts in another database, to be updated. */
export async function copyHosts(from: postgres.Sql, to: postgres.Sql): Promise<void> {
  const rows = await from<{ key: string; document: string }[]>`select key, document::text as document from hosts`;
  const keys = rows.map(({ key }) => key);
  const documents = rows.map(({ document }) => document);
  await to`insert into hosts (key, document) select key, document::jsonb from unnest(${keys}::text[], ${documents}::text[]) as host (key, document)`;
  await to`create table host_numbers as select row_number() over (order by key) as n, key from hosts`;
  await to`create unique index on host_numbers (n)`;
  await to`analyze`;
}

/** Of a script for pgbench -M prepared: one guest a transaction. Its numbers begin at :first. */
export function pgbenchScript(sample: Sample, hosts: number): string {
  // pgbench takes every word behind a colon for a variable of its own, also within a text.
  const text = (value: string): string =>
    `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', '\\x3a')}'`;
  const own = (value: string): string => `replace(${text(value)}, '${SAMPLE_VMID}', 'vm-' || (:n)::text)`;
  const log = sample.log.map(
    ({ kind, key, after, context }, row) =>
      `((:n)::bigint * ${LOG_ROWS} + ${row}, '${kind}', ${own(key)}, ${own(after)}::jsonb, ${own(context)}::json, now(), '', 'local')`,
  );
  return [
    '\\set i :i + 1',
    '\\set n :first + :client_id * 1000000 + :i',
    `\\set h random(1, ${hosts})`,
    'begin;',
    `insert into guests (key, document) values ('vm-' || (:n)::text, ${own(sample.guest)}::jsonb);`,
    `insert into claims (key, document) values (${text(`${sample.hostname}/`)} || 'vm-' || (:n)::text, ${own(sample.claim)}::jsonb);`,
    `insert into operations (key, document) values ('op-' || (:n)::text, ${own(sample.operation)}::jsonb);`,
    `update hosts set document = ${text(sample.host)}::jsonb where key = (select key from host_numbers where n = (:h)::bigint);`,
    `insert into change_log (revision, kind, key, after, context, at, cause, principal) values ${log.join(', ')};`,
    `insert into request_ids (principal, method, request_id, payload_hash, answer, at, revision) values ('local', 'SubmitGuest', 'vm-' || (:n)::text, repeat('0', 64), ${own(sample.answer)}::json, now(), 0);`,
    `insert into audit_log (at, principal, role, method, target, request_id, decision, reason, revision, operation) values (now(), 'local', 'admin', 'SubmitGuest', 'vm-' || (:n)::text, 'vm-' || (:n)::text, 'ACCEPTED', '', (:n)::bigint, 'op-' || (:n)::text);`,
    'commit;',
    '',
  ].join('\n');
}

const FIRST_LOG_PARAMETER = 11;
const LOG_VALUES = Array.from({ length: LOG_ROWS }, (_, row) => {
  const [revision, kind, key, after, context] = [0, 1, 2, 3, 4].map((at) => `$${FIRST_LOG_PARAMETER + row * 5 + at}`);
  return `(${revision}::bigint, ${kind}, ${key}, ${after}::text::jsonb, ${context}::text::json, now(), '', 'local')`;
}).join(', ');

const BARE_TEXT = `
with guest as (insert into guests (key, document) values ($1, $2::text::jsonb)),
  claim as (insert into claims (key, document) values ($3, $4::text::jsonb)),
  operation as (insert into operations (key, document) values ($5, $6::text::jsonb)),
  host as (update hosts set document = $7::text::jsonb where key = $8),
  log as (insert into change_log (revision, kind, key, after, context, at, cause, principal) values ${LOG_VALUES}),
  audit as (insert into audit_log (at, principal, role, method, target, request_id, decision, reason, revision, operation)
    values (now(), 'local', 'admin', 'SubmitGuest', $1, $1, 'ACCEPTED', '', $9::bigint, $5))
insert into request_ids (principal, method, request_id, payload_hash, answer, at, revision)
values ('local', 'SubmitGuest', $1, repeat('0', 64), $10::text::json, now(), 0)`;

const parsed = new WeakMap<Sample, { readonly [member: string]: unknown }>();

/** One guest's rows: the documents are made into JSON anew, each once, as whoever decides has to. */
export function bareStatement(sample: Sample, number: number): { text: string; parameters: (string | number)[] } {
  const documents = parsed.get(sample) ?? {
    guest: JSON.parse(sample.guest) as unknown,
    claim: JSON.parse(sample.claim) as unknown,
    operation: JSON.parse(sample.operation) as unknown,
    host: JSON.parse(sample.host) as unknown,
    answer: JSON.parse(sample.answer) as unknown,
  };
  parsed.set(sample, documents);
  const vmid = `vm-${number}`;
  const json = (name: string, own: object): string => JSON.stringify({ ...(documents[name] as object), ...own });
  const texts: Readonly<Record<string, string>> = {
    guest: json('guest', { vmid }),
    claim: json('claim', { vmid }),
    operation: json('operation', { target: vmid }),
    host: json('host', { revision: number }),
  };
  const { log, hostname } = sample;
  return {
    text: BARE_TEXT,
    parameters: [
      vmid,
      texts.guest ?? '',
      `${hostname}/${vmid}`,
      texts.claim ?? '',
      `op-${number}`,
      texts.operation ?? '',
      texts.host ?? '',
      hostname,
      number,
      json('answer', { vmid }),
      ...log.flatMap(({ kind, key, context }, row) => [
        number * LOG_ROWS + row,
        kind,
        key.replace(SAMPLE_VMID, vmid),
        texts[kind] ?? '',
        context,
      ]),
    ],
  };
}
