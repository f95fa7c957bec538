// The rounds of durable-submits: each contender for so many seconds, one after the other, so that all had the same machine.

import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer } from '../../test/postgres.js';
import { cpuOfS, cpuOfTreeS } from '../process-figures.js';
import { median, quantile } from '../table.js';
import type { Child } from './children.js';
import { BATCH_PATH, batchBodies, UNARY_PATH, unaryBodies } from './datacenter.js';
import { Caller } from './load.js';
import { openstack } from './openstack.js';
import { type Benched, pgbench } from './pgbench.js';

export const GUESTS_PER_BATCH = 256;
export const BATCHES_IN_FLIGHT = 2;
export const IN_FLIGHT = 64;
export const SQL_CONNECTIONS = 16;
/** Numbers of guests that a round may use; none is used twice. */
const ROUND = 10_000_000;
const IDLE_S = 5;

/** What one contender did in one round. */
export interface Figure {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process that serves, us of CPU for each guest; Postgres apart. */
  readonly ownUs: number;
  readonly postgresUs: number;
}

export interface Contest {
  readonly hosts: number;
  /** The folder of the peers' scripts; undefined: OpenStack Placement is not measured. */
  readonly peers: string | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly server: PostgresServer;
  readonly service: Child;
  readonly echo: Child;
  readonly sql: Child;
  readonly peerUrl: string;
  readonly script: string;
}

export type Contender = 'pgbench' | 'unary' | 'batches' | 'echo' | 'sql' | 'openstack';
export type Figures = ReadonlyMap<Contender, readonly Figure[]>;

export async function rounds(contest: Contest): Promise<Figures> {
  const { peers } = contest;
  const figures = new Map<Contender, Figure[]>();
  let first = 0;
  const contenders: readonly (readonly [Contender, (first: number, seconds: number) => Promise<Figure>])[] = [
    ['pgbench', (from, seconds) => pgbenchRound(contest, from, seconds)],
    ['unary', (from, seconds) => unaryRound(contest, contest.service, from, seconds)],
    ['echo', (from, seconds) => unaryRound(contest, contest.echo, from, seconds)],
    ['batches', (from, seconds) => batchRound(contest, from, seconds)],
    ['sql', (from, seconds) => sqlRound(contest, from, seconds)],
    ...(peers === undefined ? [] : [['openstack', () => openstackRound(peers, contest)] as const]),
  ];
  // The first round only warms up.
  for (let round = 0; round <= contest.rounds; round++) {
    for (const [name, run] of contenders) {
      if (round === 0 && name === 'openstack') continue;
      first += ROUND;
      const figure = await run(first, contest.seconds);
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
    ownUs: Number.NaN,
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

/** It is warmed up by its own script. */
async function openstackRound(peers: string, { hosts, seconds }: Contest): Promise<Figure> {
  const { perS, p50Ms, p99Ms, cpuUs } = await openstack(peers, hosts, seconds);
  return { perS, p50Ms, p99Ms, ownUs: cpuUs, postgresUs: Number.NaN };
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

export const us = (value: number): string => (Number.isNaN(value) ? '' : `${Math.round(value)} us`);
