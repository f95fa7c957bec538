// How fast guests are placed and committed, and what that costs: one by one and in batches, with fsync, beside pgbench that
// writes the same rows, beside a bare gRPC echo and bare SQL, and with --peers beside OpenStack Placement. Guests are not made:
// the hosts, simulated in the service's process, take an hour to start one.

import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { SubmitGuestResponse } from '#gen/virtdc/v1/placement_service.js';
import { connect } from '../src/client/connect.js';
import { openPostgres } from '../src/inventory/postgres.js';
import { type PostgresServer, startPostgres } from '../test/postgres.js';
import { cpuOfS, cpuOfTreeS } from './process-figures.js';
import { type Child, started } from './submits/children.js';
import { BATCH_PATH, batchBodies, guestRequest, ready, UNARY_PATH, unaryBodies } from './submits/datacenter.js';
import { Caller } from './submits/load.js';
import { type Benched, pgbench } from './submits/pgbench.js';
import { copyHosts, pgbenchScript, readSample, SAMPLE_VMID, type Sample } from './submits/rows.js';
import { median, ms, printTable, quantile, type Row, times } from './table.js';

const GUESTS_PER_BATCH = 256;
const BATCHES_IN_FLIGHT = 2;
const IN_FLIGHT = 64;
const SQL_CONNECTIONS = 16;
/** Numbers of guests that a round may use; none is used twice. */
const ROUND = 10_000_000;
const IDLE_S = 5;

interface Options {
  readonly hosts: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

/** What one contender did in one round. */
interface Figure {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process that serves, us of CPU for each guest; Postgres apart. */
  readonly ownUs: number;
  readonly postgresUs: number;
}

export async function durableSubmits(words: readonly string[]): Promise<boolean> {
  const option = (name: string): string | undefined => words[words.indexOf(name) + 1 || words.length];
  const quick = words.includes('--quick');
  const options: Options = {
    hosts: (option('--hosts') ?? '1000,10000').split(',').map(Number),
    rounds: quick ? 1 : 3,
    seconds: quick ? 3 : 5,
  };
  const server = await startPostgres();
  try {
    const lines: Line[] = [];
    for (const hosts of options.hosts) lines.push(...(await measured(server, hosts, options)));
    printTable(
      `durable-submits: guests placed and committed, Postgres with fsync; medians of ${options.rounds} alternating rounds of ${options.seconds} s`,
      ['per s', 'p50', 'p99', 'CPU of its own', 'and of Postgres', 'ratio', 'due'],
      lines.map(({ row }) => row),
      [
        `CPU per guest, user and system. Placed and committed: hosts are simulated in the service's process and take an hour to start a guest. Load average ${loadavg()
          .map((load) => load.toFixed(1))
          .join(' ')}.`,
      ],
    );
    return quick || lines.every(({ kept }) => kept);
  } finally {
    await server.end();
  }
}

interface Line {
  readonly row: Row;
  readonly kept: boolean;
}

async function measured(server: PostgresServer, hosts: number, options: Options): Promise<Line[]> {
  const url = await server.createDatabase();
  const peerUrl = await server.createDatabase();
  console.error(`${hosts} hosts: getting ready`);
  const service = await started('service.ts', [], { VIRTDC_DATABASE_URL: url });
  const children: Child[] = [service];
  try {
    await ready(service.said.port, hosts);
    const { sample, answer } = await sampled(service.said.port, url, peerUrl);
    const echo = await started('bare.ts', ['echo', Buffer.from(answer).toString('base64')]);
    const sql = await started('bare.ts', [
      'sql',
      peerUrl,
      String(SQL_CONNECTIONS),
      String(IN_FLIGHT),
      JSON.stringify(sample),
    ]);
    children.push(echo, sql);
    const contest: Contest = { server, service, echo, sql, peerUrl, script: pgbenchScript(sample, hosts), ...options };
    const figures = await rounds(contest);
    return linesOf(hosts, figures);
  } finally {
    for (const child of children) await child.end();
  }
}

/** One guest submitted as those that will be: the rows it leads to, and its answer. Others get its tables and hosts. */
async function sampled(port: number, url: string, peerUrl: string): Promise<{ sample: Sample; answer: Uint8Array }> {
  const client = connect(`127.0.0.1:${port}`);
  await (await openPostgres(peerUrl)).close();
  const [own, peer] = [postgres(url, { max: 1 }), postgres(peerUrl, { max: 1, onnotice: () => undefined })];
  try {
    const answer = await client.placement.submitGuest({ ...guestRequest(SAMPLE_VMID, 1), requestId: SAMPLE_VMID });
    const sample = await readSample(own);
    await copyHosts(own, peer);
    return { sample, answer: SubmitGuestResponse.encode(answer).finish() };
  } finally {
    client.close();
    await Promise.all([own.end(), peer.end()]);
  }
}

interface Contest extends Options {
  readonly server: PostgresServer;
  readonly service: Child;
  readonly echo: Child;
  readonly sql: Child;
  readonly peerUrl: string;
  readonly script: string;
}

type Contender = 'pgbench' | 'unary' | 'batches' | 'echo' | 'sql';

async function rounds(contest: Contest): Promise<ReadonlyMap<Contender, readonly Figure[]>> {
  const figures = new Map<Contender, Figure[]>();
  let first = 0;
  const contenders: readonly [Contender, (first: number, seconds: number) => Promise<Figure>][] = [
    ['pgbench', (from, seconds) => pgbenchRound(contest, from, seconds)],
    ['unary', (from, seconds) => unaryRound(contest, contest.service, from, seconds)],
    ['echo', (from, seconds) => unaryRound(contest, contest.echo, from, seconds)],
    ['batches', (from, seconds) => batchRound(contest, from, seconds)],
    ['sql', (from, seconds) => sqlRound(contest, from, seconds)],
  ];
  // The first round only warms up.
  for (let round = 0; round <= contest.rounds; round++) {
    for (const [name, run] of contenders) {
      first += ROUND;
      const figure = await run(first, round === 0 ? 2 : contest.seconds);
      console.error(
        `  round ${round} ${name}: ${Math.round(figure.perS)} per s, ${us(figure.ownUs)} + ${us(figure.postgresUs)}`,
      );
      if (round > 0) figures.set(name, [...(figures.get(name) ?? []), figure]);
    }
  }
  return figures;
}

async function pgbenchRound({ server, peerUrl, script }: Contest, first: number, seconds: number): Promise<Figure> {
  const before = await cpuOfTreeS(server.pid() ?? 0);
  const { transactions, perS, latencies }: Benched = await pgbench(peerUrl, script, IN_FLIGHT, seconds, first * 10);
  const used = (await cpuOfTreeS(server.pid() ?? 0)) - before;
  return {
    perS,
    p50Ms: median(latencies),
    p99Ms: quantile(latencies, 0.99),
    ownUs: 0,
    postgresUs: (used / transactions) * 1e6,
  };
}

async function sqlRound({ server, sql }: Contest, first: number, seconds: number): Promise<Figure> {
  const before = await cpuOfTreeS(server.pid() ?? 0);
  const { written, cpuS } = await sql.ask<{ written: number; cpuS: number }>({ seconds, first: first * 10 });
  const used = (await cpuOfTreeS(server.pid() ?? 0)) - before;
  return {
    perS: written / seconds,
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    ownUs: (cpuS / written) * 1e6,
    postgresUs: (used / written) * 1e6,
  };
}

async function unaryRound(contest: Contest, child: Child, first: number, seconds: number): Promise<Figure> {
  const bodies = unaryBodies(seconds * 12_000, first);
  return await called(contest, child, seconds, UNARY_PATH, IN_FLIGHT, bodies, 1);
}

async function batchRound(contest: Contest, first: number, seconds: number): Promise<Figure> {
  const bodies = batchBodies(seconds * 200, GUESTS_PER_BATCH, first);
  return await called(contest, contest.service, seconds, BATCH_PATH, BATCHES_IN_FLIGHT, bodies, GUESTS_PER_BATCH);
}

/** What it uses while nobody calls (it looks after its hosts) is no part of what a call costs. */
async function called(
  { server }: Contest,
  child: Child,
  seconds: number,
  path: string,
  inFlight: number,
  bodies: readonly Buffer[],
  guests: number,
): Promise<Figure> {
  const used = async (): Promise<readonly [number, number]> => [
    await cpuOfS(child.pid),
    await cpuOfTreeS(server.pid() ?? 0),
  ];
  const caller = await Caller.connected(child.said.port);
  try {
    const before = await used();
    const { calls, tookS, latencies } = await caller.keep(path, inFlight, seconds, bodies);
    const after = await used();
    await sleep(1_000);
    const idleBefore = await used();
    await sleep(IDLE_S * 1_000);
    const idleAfter = await used();
    const each = (at: 0 | 1): number => {
      const idle = ((idleAfter[at] - idleBefore[at]) / IDLE_S) * tookS;
      return ((after[at] - before[at] - idle) / (calls * guests)) * 1e6;
    };
    return {
      perS: (calls * guests) / tookS,
      p50Ms: median(latencies),
      p99Ms: quantile(latencies, 0.99),
      ownUs: each(0),
      postgresUs: each(1),
    };
  } finally {
    caller.close();
  }
}

const us = (value: number): string => (Number.isNaN(value) ? '' : `${Math.round(value)} us`);

function linesOf(hosts: number, figures: ReadonlyMap<Contender, readonly Figure[]>): Line[] {
  const of = (contender: Contender, what: keyof Figure): number =>
    median((figures.get(contender) ?? []).map((figure) => figure[what]));
  // Ratios within a round, where both had the same machine; then their median.
  const ratio = (over: (round: number) => number, under: (round: number) => number): number =>
    median((figures.get('pgbench') ?? []).map((_, round) => over(round) / under(round)));
  const at =
    (contender: Contender, what: keyof Figure) =>
    (round: number): number =>
      figures.get(contender)?.[round]?.[what] ?? Number.NaN;
  const row = (contender: Contender, what: string, cells: readonly string[] = ['', '']): Row => ({
    what: `${hosts.toLocaleString('en')} hosts: ${what}`,
    cells: [
      Math.round(of(contender, 'perS')).toLocaleString('en'),
      ms(of(contender, 'p50Ms')),
      ms(of(contender, 'p99Ms')),
      of(contender, 'ownUs') === 0 ? '' : us(of(contender, 'ownUs')),
      us(of(contender, 'postgresUs')),
      ...cells,
    ],
  });
  const bare = (round: number): number => at('echo', 'ownUs')(round) + at('sql', 'ownUs')(round);
  const unaryRate = ratio(at('unary', 'perS'), at('pgbench', 'perS'));
  const unaryCpu = ratio(at('unary', 'ownUs'), bare);
  const batchRate = ratio(at('batches', 'perS'), at('pgbench', 'perS'));
  const batchTail = ratio(at('batches', 'p99Ms'), at('pgbench', 'p99Ms'));
  return [
    { row: row('pgbench', 'pgbench, BEGIN ... COMMIT of the same rows, 64 clients'), kept: true },
    { row: row('echo', 'bare gRPC echo, 64 in flight'), kept: true },
    { row: row('sql', 'bare SQL, the same rows in one statement, 64 in flight'), kept: true },
    {
      row: row('unary', 'SubmitGuest, 64 in flight', [`rate ${times(unaryRate)} pgbench's`, 'at least 2 x']),
      kept: unaryRate >= 2,
    },
    {
      row: { what: '', cells: ['', '', '', '', '', `CPU ${times(unaryCpu)} echo and SQL`, 'at most 1.5 x, aim 1.3'] },
      kept: unaryCpu <= 1.5,
    },
    {
      row: row('batches', `SubmitGuests of ${GUESTS_PER_BATCH}, ${BATCHES_IN_FLIGHT} in flight`, [
        `rate ${times(batchRate)} pgbench's`,
        'at least 10 x, aim 20',
      ]),
      kept: batchRate >= 10,
    },
    {
      row: { what: '', cells: ['', '', '', '', '', `p99 ${times(batchTail)} pgbench's`, 'at most 1 x'] },
      kept: batchTail <= 1,
    },
  ];
}
