// D25: told to stop in the middle of everything. Calls in flight are answered, watchers are told where to go on, migrations
// go on without virtdc and are taken up again. And the table of roles, called by everybody, against the audit log.

import { connect as connectHttp2 } from 'node:http2';
import postgres from 'postgres';
import { VirtdcError } from '../../src/client/error.js';
import { waitForOperation } from '../../src/client/wait.js';
import { eventually } from '../eventually.js';
import { bootId, virsh } from '../lab.js';
import { deniedAsAudited } from './access-matrix.js';
import { type PlainClient, plainClient } from './client.js';
import type { Drill } from './drill.js';
import { type Hosts, labHosts } from './hosts.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Replica } from './replica.js';
import type { Stage } from './stage.js';

const CALLS = 20;
const WATCHERS = 50;
const DRAINED_WITHIN_MS = 30_000;
/** So slow that a migration outlasts the service. */
const SLOW_MIB_PER_S = 2n;
const FASTER_MIB_PER_S = 64n;

const MOVES = [
  ['one', 'node1', 'node2'],
  ['two', 'node2', 'node3'],
] as const;

export const drill: Drill = {
  name: 'D25',
  title: 'Drain, identity and audit',
  needs: ['postgres', 'lab'],
  inject: `every method as nobody, viewer, operator and admin; SIGTERM with ${CALLS} calls in flight, ${WATCHERS} watchers and two migrations`,
  expect:
    'GOAWAY; every call answered; watchers end UNAVAILABLE with a revision; exit 0 within 30 s; migrations adopted; denials audited',
  plants: {
    'ends-at-once': 'the process ends as soon as it is told to',
    'trail-is-lost': 'what is no decision does not reach the audit log',
  },
  async run(stage) {
    const server = await stage.postgres();
    const url = await server.createDatabase();
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    await deniedAsAudited(stage, await server.createDatabase(), plant);
    const hosts = await labHosts(stage);
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      databaseUrl: url,
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const boots = await guestsOf(client, hosts);
    const operations = await movesOf(client);
    await drained(stage, replica, url);

    const moving = await jobs();
    stage.check(
      'both migrations go on without virtdc',
      moving.length === MOVES.length,
      moving.join(', ') || 'no job is running',
    );
    await replica.start();
    for (const [index, [vmid, , dest]] of MOVES.entries()) {
      const { state, error } = await waitForOperation(client.operations, operations[index] ?? '');
      stage.check(
        `the migration of ${vmid} is adopted`,
        state === 'OPERATION_STATE_SUCCEEDED',
        `${state} ${error?.reason ?? ''}`,
      );
      const boot = await bootId(dest, vmid);
      stage.check(`${vmid} beats on ${dest}, never rebooted`, boot === boots[index], `boot ${boot}`);
    }
    await compareAll(stage, { client, hosts, watcher, doubles });
  },
};

/** Submits them where they are to begin; their boot ids. */
async function guestsOf(client: PlainClient, hosts: Hosts): Promise<string[]> {
  const boots: string[] = [];
  for (const [vmid, from] of MOVES) {
    const others = hosts.hostnames.filter((name) => name !== from);
    for (const hostname of others) await client.hosts.cordonHost({ hostname });
    const { operation } = await client.placement.submitGuest(hosts.submission(vmid));
    await waitForOperation(client.operations, operation?.name ?? '');
    for (const hostname of others) await client.hosts.uncordonHost({ hostname });
    boots.push(await bootId(from, vmid));
  }
  return boots;
}

async function movesOf(client: PlainClient): Promise<string[]> {
  const operations: string[] = [];
  for (const [vmid, , destHost] of MOVES) {
    const policy = { bandwidthMibPerS: SLOW_MIB_PER_S };
    const { operation } = await client.migration.migrateGuest({ vmid, destHost, policy });
    operations.push(operation?.name ?? '');
  }
  for (const operation of operations) {
    await eventually(
      `${operation} copies`,
      async () => ((await client.migration.getMigration({ operation })).migration?.progress?.bytesProcessed ?? 0n) > 0n,
      { withinMs: 30_000 },
    );
  }
  return operations;
}

async function drained(stage: Stage, replica: Replica, url: string): Promise<void> {
  const client = stage.client(replica.address);
  const ends = await watchersOf(stage, replica);
  const goaway = goawayOf(stage, replica);
  // Nothing is committed while this lock is held, so all calls are in flight when the signal comes.
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  let calls: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  let stopped: ReturnType<Replica['stop']> | undefined;
  let beganAt = 0;
  await sql
    .begin(async (holder) => {
      await holder`lock table change_log in share mode`;
      const all = Array.from({ length: CALLS }, (_, index) =>
        client.guests.updateGuest({
          vmid: MOVES[index % MOVES.length]?.[0] ?? '',
          setLabels: { call: String(index) },
          requestId: `call-${index}`,
        }),
      );
      calls = Promise.allSettled(all);
      await eventually('a commit waits', async () => {
        const [row] = await holder`select count(*)::integer as count from pg_locks where not granted`;
        return Number(row?.count) > 0;
      });
      stage.inject(`SIGTERM, with ${CALLS} calls in flight, ${WATCHERS} watchers, ${MOVES.length} migrations`);
      beganAt = performance.now();
      stopped = replica.stop();
      await goaway;
    })
    .catch((error: unknown) => stage.check('the service says GOAWAY', false, String(error)));
  stage.seen(`GOAWAY after ${Math.round(performance.now() - beganAt)} ms, before any call had its answer`);
  const failed = (await calls).flatMap((call) => (call.status === 'rejected' ? [String(call.reason)] : []));
  stage.check(`all ${CALLS} calls are answered`, failed.length === 0, failed[0] ?? `${CALLS} OK`);
  const exit = await stopped;
  const tookMs = Math.round(performance.now() - beganAt);
  stage.check(
    'exit 0 within 30 s',
    exit?.code === 0 && tookMs <= DRAINED_WITHIN_MS,
    `${exit?.signal ?? exit?.code} after ${tookMs} ms`,
  );
  const told = await Promise.all(ends);
  const wrong = told.filter(({ code, resumeAt }) => code !== 'UNAVAILABLE SHUTTING_DOWN' || resumeAt <= 0n);
  const seen = `${told.length} of them, at revision ${[...new Set(told.map(({ resumeAt }) => resumeAt))].join(', ')}`;
  stage.check(
    'watchers end UNAVAILABLE with a revision to resume at',
    wrong.length === 0,
    wrong[0] === undefined ? seen : `${wrong.length}: ${wrong[0].code} at ${wrong[0].resumeAt}`,
  );
  await sql.end();
}

interface WatchEnded {
  readonly code: string;
  readonly resumeAt: bigint;
}

/** Resolves once all of them are caught up: how each of them ends. */
async function watchersOf(stage: Stage, replica: Replica): Promise<Promise<WatchEnded>[]> {
  const begun: Promise<void>[] = [];
  const ends = Array.from({ length: WATCHERS }, () => {
    const client = plainClient(replica.address);
    stage.later(() => client.close());
    let begin: () => void = () => undefined;
    begun.push(
      new Promise((resolve) => {
        begin = resolve;
      }),
    );
    return watchToItsEnd(client, begin);
  });
  await Promise.all(begun);
  return ends;
}

async function watchToItsEnd(client: PlainClient, begin: () => void): Promise<WatchEnded> {
  try {
    for await (const { events } of client.guests.watchGuests({ sendInitial: true })) {
      if (events.some(({ event }) => event?.$case === 'synced')) begin();
    }
    return { code: 'ended', resumeAt: 0n };
  } catch (error) {
    begin();
    if (!(error instanceof VirtdcError)) throw error;
    return { code: `${error.codeName} ${error.reason}`, resumeAt: BigInt(error.metadata.resume_revision ?? 0) };
  }
}

/** Resolves once the server says so on a connection that has nothing open. */
function goawayOf(stage: Stage, replica: Replica): Promise<void> {
  const session = connectHttp2(`http://${replica.address}`);
  stage.later(() => session.destroy());
  return new Promise((resolve, reject) => {
    session.once('goaway', () => resolve());
    session.once('error', reject);
    session.once('close', () => reject(new Error('the connection was closed without a GOAWAY')));
  });
}

/** The guests that libvirt says are being migrated, sped up from now on. */
async function jobs(): Promise<string[]> {
  const found: string[] = [];
  for (const [vmid, from] of MOVES) {
    const job = await virsh(from, 'domjobinfo', vmid);
    if (/^Operation: +Outgoing migration/m.test(job)) found.push(vmid);
    await virsh(from, 'migrate-setspeed', vmid, String(FASTER_MIB_PER_S));
  }
  return found;
}
