// virtdc audit: what is claimed against what libvirt shows, host by host.

import type { Command } from 'commander';
import { type AuditFinding, AuditResponse } from '#gen/virtdc/v1/operations_service.js';
import type { Resources } from '#gen/virtdc/v1/resources.js';
import { AnswerIsNo } from '../failure.js';
import type { Bind, Invocation } from '../invocation.js';
import type { Column } from '../table.js';
import { bare } from '../words.js';

interface Options {
  readonly repair?: boolean;
}

type Row = AuditFinding & { readonly hostname: string };

/** Load that virtdc leaves alone is worth a line, not an alarm. */
const HARMLESS = 'AUDIT_FINDING_KIND_FOREIGN_DOMAIN';

export function addAudit(program: Command, bind: Bind): void {
  bind(
    program
      .command('audit')
      .description('compare what is claimed with what libvirt shows; exit code 22 if something does not agree')
      .argument('[host...]')
      .option('--repair', 'mend what is found, as far as that takes no decision of yours'),
    audit,
  );
}

async function audit(it: Invocation, { repair = false }: Options, ...hostnames: string[]): Promise<void> {
  const answers: AuditResponse[] = [];
  for await (const answer of it.client.operations.audit({ hostnames, repair }, it.call)) {
    if (it.json) it.printJson(AuditResponse.toJSON(answer), 'line');
    answers.push(answer);
  }
  answers.sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  const rows = answers.flatMap(({ hostname, findings }) => findings.map((finding): Row => ({ ...finding, hostname })));
  if (!it.json) {
    it.out.table(hostColumns(it), answers);
    if (rows.length > 0) {
      it.out.line();
      it.out.table(repair ? [...FINDING_COLUMNS, REPAIRED] : FINDING_COLUMNS, rows);
    }
  }
  const bad =
    rows.some(({ kind, repaired }) => kind !== HARMLESS && !repaired) || answers.some(({ reached }) => !reached);
  if (bad) throw new AnswerIsNo();
}

function hostColumns(it: Invocation): Column<AuditResponse>[] {
  const amounts = (value: Resources | undefined): string =>
    value === undefined ? 'unknown' : `${value.cpu} cpu, ${it.size(value.memoryKib)}, io ${it.size(value.ioKib)}`;
  return [
    { title: 'host', cell: ({ hostname }) => hostname },
    { title: 'domains', align: 'right', cell: ({ reached, domains }) => (reached ? String(domains) : '?') },
    { title: 'claimed', cell: ({ claimed }) => amounts(claimed) },
    { title: 'seen', cell: ({ observed }) => amounts(observed) },
    {
      title: 'verdict',
      cell: ({ reached, findings }) =>
        !reached ? 'does not answer' : findings.length === 0 ? 'in order' : `${findings.length} findings`,
      paint: (paint, { reached, findings }) =>
        !reached ? paint.red : findings.length === 0 ? paint.green : paint.yellow,
    },
  ];
}

const FINDING_COLUMNS: readonly Column<Row>[] = [
  { title: 'host', cell: ({ hostname }) => hostname },
  { title: 'finding', cell: ({ kind }) => bare(kind, 'AUDIT_FINDING_KIND') },
  { title: 'vmid', cell: ({ vmid, uuid }) => vmid || uuid },
  { title: 'detail', cell: ({ detail }) => detail },
  { title: 'operation', cell: ({ operation }) => operation },
];

const REPAIRED: Column<Row> = {
  title: 'repaired',
  cell: ({ repaired }) => (repaired ? 'yes' : 'no'),
  paint: (paint, { repaired }) => (repaired ? paint.green : paint.yellow),
};
