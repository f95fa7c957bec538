// How fast guests are placed and committed, and what that costs: one by one and in batches, with fsync, beside pgbench that
// writes the same rows, beside a bare gRPC echo and bare SQL, and with --peers beside OpenStack Placement. Guests are not made:
// the hosts, simulated in the service's process, take an hour to start one.

import { loadavg } from 'node:os';
import postgres from 'postgres';
import { SubmitGuestResponse } from '#gen/virtdc/v1/placement_service.js';
import { connect } from '../src/client/connect.js';
import { openPostgres } from '../src/inventory/postgres.js';
import { type PostgresServer, startPostgres } from '../test/postgres.js';
import { type Child, started } from './submits/children.js';
import { type Contest, IN_FLIGHT, rounds, SQL_CONNECTIONS } from './submits/contest.js';
import { guestRequest, ready } from './submits/datacenter.js';
import { type Line, linesOf } from './submits/lines.js';
import { copyHosts, pgbenchScript, readSample, SAMPLE_VMID, type Sample } from './submits/rows.js';
import { printTable } from './table.js';

interface Options {
  /** The folder of the peers' scripts; undefined: OpenStack Placement is not measured. */
  readonly peers: string | undefined;
  readonly hosts: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

export async function durableSubmits(words: readonly string[]): Promise<boolean> {
  const option = (name: string): string | undefined => words[words.indexOf(name) + 1 || words.length];
  const quick = words.includes('--quick');
  const options: Options = {
    hosts: (option('--hosts') ?? '1000,10000').split(',').map(Number),
    peers: option('--peers'),
    rounds: quick ? 1 : 3,
    seconds: Number(option('--seconds') ?? (quick ? 3 : 5)),
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
        options.peers === undefined
          ? 'OpenStack Placement was not measured: --peers DIR names the scripts for it.'
          : 'OpenStack Placement: GET /allocation_candidates?limit=1000 and PUT /allocations, one client; its CPU is that of the API and its Postgres.',
      ],
    );
    return quick || lines.every(({ kept }) => kept);
  } finally {
    await server.end();
  }
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
    const contest: Contest = {
      server,
      service,
      echo,
      sql,
      peerUrl,
      script: pgbenchScript(sample, hosts),
      ...options,
      hosts,
    };
    return linesOf(hosts, await rounds(contest));
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
