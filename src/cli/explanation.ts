// Why a guest goes to a host or to none, as a table: a host a line, with what it lacks.

import type { HostVerdict, PlacementExplanation, PlacementSummary, RejectCount } from '#gen/virtdc/v1/placement.js';
import type { Resources } from '#gen/virtdc/v1/resources.js';
import { formatKib } from './amounts.js';
import type { Paint } from './paint.js';
import { type Column, tableLines } from './table.js';
import { safe } from './text.js';
import { bare } from './words.js';

const COLUMNS: readonly Column<HostVerdict>[] = [
  { title: 'host', cell: ({ hostname }) => hostname },
  {
    title: 'verdict',
    cell: ({ verdict }) => bare(verdict, 'HOST_VERDICT_KIND'),
    paint: (paint, { verdict }) =>
      verdict === 'HOST_VERDICT_KIND_CHOSEN'
        ? paint.green
        : verdict === 'HOST_VERDICT_KIND_REJECTED'
          ? paint.red
          : paint.yellow,
  },
  { title: 'needs', cell: ({ required }) => amountsOf(required) },
  { title: 'has left', cell: ({ available }) => amountsOf(available) },
  { title: 'is short of', cell: ({ shortfall }) => shortfallOf(shortfall) },
  { title: 'score', align: 'right', cell: ({ score }) => (score === undefined ? '' : score.toFixed(3)) },
  { title: 'why not', cell: ({ codes }) => codes.map((code) => bare(code, 'REJECT_CODE')).join(', ') },
];

export function explanationLines({ hosts, hostsConsidered }: PlacementExplanation, paint: Paint): string[] {
  const more = hostsConsidered - hosts.length;
  const lines = tableLines(COLUMNS, hosts, paint);
  return more > 0 ? [...lines, paint.dim(`and ${more} more; 'virtdc explain' shows them all`)] : lines;
}

/** `on node2 by BEST_FIT; next would have been node1; of 3 hosts 1 has too little memory`. */
export function decisionOf(decision: PlacementSummary | undefined): string {
  if (decision === undefined) return '';
  const { strategy, runnerUp, hostsConsidered, rejected } = decision;
  const parts = [
    bare(strategy, 'STRATEGY'),
    `${hostsConsidered} hosts considered`,
    runnerUp === '' ? 'no other fits' : `${safe(runnerUp)} came second`,
    ...rejected.map(rejectedOf),
  ];
  return parts.join(', ');
}

function rejectedOf({ code, hosts }: RejectCount): string {
  return `${hosts} x ${bare(code, 'REJECT_CODE')}`;
}

function amountsOf(amounts: Resources | undefined): string {
  if (amounts === undefined) return '';
  return `${amounts.cpu} cpu, ${formatKib(amounts.memoryKib)}, io ${formatKib(amounts.ioKib)}`;
}

function shortfallOf(shortfall: Resources | undefined): string {
  if (shortfall === undefined) return '';
  const parts = [
    shortfall.cpu > 0 && `${shortfall.cpu} cpu`,
    shortfall.memoryKib > 0n && `${formatKib(shortfall.memoryKib)} memory`,
    shortfall.ioKib > 0n && `${formatKib(shortfall.ioKib)} io`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}
