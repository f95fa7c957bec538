// virtdc audit-log: who called what, and what came of it.

import { type Command, InvalidArgumentError } from 'commander';
import { AuditDecision, type AuditRecord } from '#gen/virtdc/v1/audit_record.js';
import { ListAuditRecordsResponse } from '#gen/virtdc/v1/operations_service.js';
import type { Bind, Invocation } from '../invocation.js';
import { choice, each, given, valuesOf, whole } from '../options.js';
import type { Column } from '../table.js';
import { bare, timeOf } from '../words.js';

interface Options {
  readonly principal?: readonly string[];
  readonly method?: readonly string[];
  readonly decision?: AuditDecision;
  readonly since?: Date;
  readonly limit?: number;
}

export function addAuditLog(program: Command, bind: Bind): void {
  bind(
    program
      .command('audit-log')
      .description('who called what and what came of it, newest first: every change, and every call that was denied')
      .option('--principal <name>', 'called by this one; may be repeated', each)
      .option('--method <name>', 'of this method, such as SubmitGuest; may be repeated', each)
      .addOption(choice('--decision <what>', 'with this outcome', 'AUDIT_DECISION', valuesOf(AuditDecision)))
      .option('--since <when>', 'from then on: a time (2026-01-31T12:00), or how long ago (90m, 12h, 7d)', since)
      .option('--limit <n>', 'at most so many; 100 if not given', whole),
    list,
  );
}

async function list(it: Invocation, { principal, method, decision, since: from, limit }: Options): Promise<void> {
  const filter = given({
    principals: principal && [...principal],
    methods: method && [...method],
    decisions: decision && [decision],
    sinceUnixS: from && BigInt(Math.floor(from.getTime() / 1_000)),
  });
  const answer = await it.client.operations.listAuditRecords({ filter, pageSize: limit ?? 100 }, it.call);
  if (it.json) it.printJson(ListAuditRecordsResponse.toJSON(answer));
  else if (answer.records.length > 0) it.out.table(COLUMNS, answer.records);
  else it.err.line('no records');
}

const MS_OF: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function since(text: string): Date {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (MS_OF[unit] ?? 0);
  if (Number.isNaN(time)) throw new InvalidArgumentError('A time is due, or how long ago, such as 12h.');
  return new Date(time);
}

const COLUMNS: readonly Column<AuditRecord>[] = [
  { title: 'time', cell: ({ time }) => timeOf(time) },
  { title: 'who', cell: ({ principal }) => principal || '-' },
  { title: 'role', cell: ({ role }) => role || '-' },
  { title: 'method', cell: ({ method }) => method.slice(method.lastIndexOf('/') + 1) },
  { title: 'target', cell: ({ target }) => target },
  {
    title: 'decision',
    cell: ({ decision }) => bare(decision, 'AUDIT_DECISION'),
    paint: (paint, { decision }) => {
      if (decision === 'AUDIT_DECISION_ACCEPTED') return paint.green;
      return decision === 'AUDIT_DECISION_REPLAYED' ? paint.cyan : paint.red;
    },
  },
  { title: 'reason', cell: ({ reason }) => reason },
  { title: 'revision', align: 'right', cell: ({ revision }) => (revision === 0n ? '' : String(revision)) },
  { title: 'operation', cell: ({ operation }) => operation },
  { title: 'request', cell: ({ requestId }) => requestId },
];
