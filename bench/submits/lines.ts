// The rows of durable-submits, with what is due of each: ratios within a round, then their median.

import { median, ms, type Row, times } from '../table.js';
import {
  BATCHES_IN_FLIGHT,
  type Contender,
  type Figure,
  type Figures,
  GUESTS_PER_BATCH,
  IN_FLIGHT,
  us,
} from './contest.js';

export interface Line {
  readonly row: Row;
  /** Whether what must be is; aims are not asked for. */
  readonly kept: boolean;
}

/** Where the figure for OpenStack is one to be kept, and by how much less CPU. */
const OPENSTACK = { hosts: 1_000, less: 500 } as const;

const PEERS: readonly (readonly [Contender, string])[] = [
  ['pgbench', `pgbench, BEGIN ... COMMIT of the same rows, ${IN_FLIGHT} clients`],
  ['echo', `bare gRPC echo, ${IN_FLIGHT} in flight`],
  ['sql', `bare SQL, the same rows in one statement, ${IN_FLIGHT} in flight`],
  ['openstack', 'OpenStack Placement'],
];

export function linesOf(hosts: number, figures: Figures): Line[] {
  const rounds = (figures.get('unary') ?? []).map((_, round) => round);
  const at = (contender: Contender, what: keyof Figure, round: number): number =>
    figures.get(contender)?.[round]?.[what] ?? Number.NaN;
  const beside = (over: (round: number) => number, under: (round: number) => number): number =>
    median(rounds.map((round) => over(round) / under(round)));
  const rate = (one: Contender): number =>
    beside(
      (round) => at(one, 'perS', round),
      (round) => at('pgbench', 'perS', round),
    );
  const tail = beside(
    (round) => at('batches', 'p99Ms', round),
    (round) => at('pgbench', 'p99Ms', round),
  );
  const overBare = beside(
    (round) => at('unary', 'ownUs', round),
    (round) => at('echo', 'ownUs', round) + at('sql', 'ownUs', round),
  );
  const lessThanOpenstack = (one: Contender): number =>
    beside(
      (round) => at('openstack', 'ownUs', round),
      (round) => at(one, 'ownUs', round) + at(one, 'postgresUs', round),
    );
  const row = (one: Contender, what: string, ratio = '', due = ''): Row => ({
    what: `${hosts.toLocaleString('en')} hosts: ${what}`,
    cells: [...cellsOf(figures.get(one) ?? []), ratio, due],
  });
  const further = (ratio: string, due: string): Row => ({ what: '', cells: ['', '', '', '', '', ratio, due] });
  const openstack = (one: Contender): Line[] => {
    if (!figures.has('openstack')) return [];
    const less = lessThanOpenstack(one);
    const isAsked = hosts === OPENSTACK.hosts;
    const due = isAsked ? `at most 1/${OPENSTACK.less}, aim 1/1,000` : 'aim 1/5,000 at 10,000';
    const line = further(`CPU 1/${Math.round(less).toLocaleString('en')} of OpenStack's`, due);
    return [{ row: line, kept: !isAsked || less >= OPENSTACK.less }];
  };
  return [
    ...PEERS.filter(([one]) => figures.has(one)).map(([one, what]) => ({ row: row(one, what), kept: true })),
    {
      row: row(
        'unary',
        `SubmitGuest, ${IN_FLIGHT} in flight`,
        `rate ${times(rate('unary'))} pgbench's`,
        'at least 2 x',
      ),
      kept: rate('unary') >= 2,
    },
    { row: further(`CPU ${times(overBare)} echo and SQL`, 'at most 1.5 x, aim 1.3'), kept: overBare <= 1.5 },
    ...openstack('unary'),
    {
      row: row(
        'batches',
        `SubmitGuests of ${GUESTS_PER_BATCH}, ${BATCHES_IN_FLIGHT} in flight`,
        `rate ${times(rate('batches'))} pgbench's`,
        'at least 10 x, aim 20',
      ),
      kept: rate('batches') >= 10,
    },
    { row: further(`p99 ${times(tail)} pgbench's`, 'at most 1 x'), kept: tail <= 1 },
    ...openstack('batches'),
  ];
}

function cellsOf(figures: readonly Figure[]): string[] {
  const of = (what: keyof Figure): number => median(figures.map((figure) => figure[what]));
  const perS = of('perS');
  return [
    perS < 100 ? perS.toFixed(2) : Math.round(perS).toLocaleString('en'),
    ms(of('p50Ms')),
    ms(of('p99Ms')),
    us(of('ownUs')),
    us(of('postgresUs')),
  ];
}
