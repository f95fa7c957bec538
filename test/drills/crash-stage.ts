// Where the crash points are struck: the lab and Postgres, one service that dies and comes back, a guest that is there
// from the beginning, and what is to be seen of everything from outside.

import postgres from 'postgres';
import { VirtdcError } from '../../src/client/error.js';
import { eventually } from '../eventually.js';
import { beats, nextBeat } from '../lab.js';
import type { PlainClient } from './client.js';
import { type Cast, CRASH_CASES, MOVER, type Sight } from './crash-cases.js';
import { History } from './history.js';
import { type Hosts, labHosts } from './hosts.js';
import { readBooks, wrongInBooks } from './oracles/books.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns, differences } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Replica } from './replica.js';
import type { ReplicaOptions, Stage } from './stage.js';

const SPARE = 'node3';
const AGREE_WITHIN_MS = 15_000;

export class CrashStage {
  /** What the service was told to fail at. */
  armed = '';

  private constructor(
    readonly stage: Stage,
    readonly replica: Replica,
    /** Of whoever leads. */
    public client: PlainClient,
    readonly cast: Cast,
    readonly history: History,
    private readonly options: ReplicaOptions,
    private readonly sql: postgres.Sql,
    private readonly watcher: Watcher,
    private readonly doubles: DoubleRuns,
  ) {}

  static async open(stage: Stage, sabotage?: string): Promise<CrashStage> {
    const [hosts, server] = [await labHosts(stage), await stage.postgres()];
    const databaseUrl = await server.createDatabase();
    const options = { environment: hosts.environment, databaseUrl, ...(sabotage !== undefined && { sabotage }) };
    const replica = await stage.replica('virtdc', options);
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const cast = await withoutSpare(stage, client, hosts);
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    stage.later(() => sql.end());
    const history = new History(stage.file('history.jsonl'));
    stage.later(() => history.close());
    await makeMover(client, cast);
    const [watcher, doubles] = [new Watcher(stage, replica.address), new DoubleRuns(stage, hosts)];
    return new CrashStage(stage, replica, client, cast, history, options, sql, watcher, doubles);
  }

  /** Starts the service, which does not run; `armed` is its VIRTDC_FAILPOINT. */
  async begin(armed = ''): Promise<void> {
    // Whoever had the lease is dead: that it runs out by itself is waited for in other drills.
    await this.sql`update lease set expires_at = clock_timestamp()`;
    await this.replica.start(armed === '' ? {} : { VIRTDC_FAILPOINT: armed });
    this.armed = armed;
    const answers = async (): Promise<boolean> => {
      await this.client.operations.listOperations({ pageSize: 1 });
      return true;
    };
    await eventually('it answers', answers, { tolerate: (error) => error instanceof VirtdcError });
  }

  /** Another replica on the same database, not started. */
  second(): Promise<Replica> {
    return this.stage.replica('second', this.options);
  }

  /** How many commits there are under epochs that are over. */
  async commitsOfDeposed(): Promise<number> {
    const [row] = await this.sql`select count(*)::integer from batches where epoch < (select epoch from lease)`;
    return Number(row?.count);
  }

  async sight(role: string): Promise<Sight> {
    const { client, cast } = this;
    const { hosts } = await client.hosts.listHosts({ filter: { hostnames: [SPARE] } });
    const [spare] = hosts;
    if (role === '') return { guest: undefined, domains: '', boots: [], spare };
    const vmid = cast.vmidOf(role);
    const { guests } = await client.guests.listGuests({ filter: { vmids: [vmid] } });
    const [guest] = guests;
    const all = await cast.hosts.domains();
    const known = new Set((await readBooks(client)).guests.map(({ uuid }) => uuid));
    // Of a guest that is gone: whatever nobody knows.
    const its = all.filter(({ uuid }) => (guest === undefined ? !known.has(uuid) : uuid === guest.uuid));
    const domains = its.map(({ state, hostname }) => `${state} on ${hostname}`).join(', ');
    return { guest, domains, boots: await this.boots(role), spare };
  }

  /** Names of all operations that were ever begun on the guest. */
  async operationsOn(role: string): Promise<string[]> {
    if (role === '') return [];
    const filter = { targets: [this.cast.vmidOf(role)] };
    const { operations } = await this.client.operations.listOperations({ filter, pageSize: 1_000 });
    return operations.map(({ name }) => name);
  }

  /** Where hosts and books differ, once they had the time to agree. */
  async disagreements(): Promise<string[]> {
    let wrong: string[] = [];
    const agree = async (): Promise<boolean> => {
      const books = await readBooks(this.client);
      wrong = [...differences(books.guests, await this.cast.hosts.domains()), ...wrongInBooks(books)];
      return wrong.length === 0;
    };
    await eventually('hosts and books agree', agree, { withinMs: AGREE_WITHIN_MS, everyMs: 200 }).catch(() => false);
    return wrong;
  }

  async close(): Promise<void> {
    const { client, stage, watcher, doubles, cast } = this;
    await compareAll(stage, { client, hosts: cast.hosts, watcher, doubles });
    const roles = [...new Set(CRASH_CASES.map(({ role }) => role))].filter((role) => role !== '');
    const boots = await Promise.all(roles.map(async (role) => [role, await this.boots(role)] as const));
    const twice = boots.filter(([, ids]) => ids.length > 1).map(([role, ids]) => `${role}: ${ids.join(', ')}`);
    const booted = boots.filter(([, ids]) => ids.length === 1).length;
    const seen = `${booted} of ${roles.length} guests told one boot id, wherever they were`;
    stage.check('no guest booted twice', twice.length === 0, twice.join('; ') || seen);
  }

  private async boots(role: string): Promise<string[]> {
    const { hosts, vmidOf } = this.cast;
    const all = await Promise.all(hosts.hostnames.map((hostname) => beats(hostname, vmidOf(role))));
    return [...new Set(all.flat().map(({ bootId }) => bootId))];
  }
}

/** One host is taken out again, for it to be registered. */
async function withoutSpare(stage: Stage, client: PlainClient, hosts: Hosts): Promise<Cast> {
  const { host: spare } = await client.hosts.getHost({ hostname: SPARE });
  if (spare === undefined) throw new Error(`there is no ${SPARE}`);
  await client.hosts.updatePool({ name: 'shared', removeHostnames: [SPARE] });
  await client.hosts.removeHost({ hostname: SPARE });
  return { hosts, spare, vmidOf: (role) => `${role}-${stage.seed}` };
}

/** It has to have booted before its vCPUs are changed. */
async function makeMover(client: PlainClient, { hosts, vmidOf }: Cast): Promise<void> {
  const vmid = vmidOf(MOVER);
  const { operation } = await client.placement.submitGuest({ ...hosts.submission(vmid), requestId: vmid });
  const { operation: made } = await client.operations.waitOperation({ name: operation?.name ?? '', timeoutS: 60 });
  if (made?.state !== 'OPERATION_STATE_SUCCEEDED') throw new Error(`${vmid}: ${made?.state} ${made?.error?.message}`);
  const { guest } = await client.guests.getGuest({ vmid });
  await nextBeat(guest?.hostname ?? '', guest?.domainName ?? '');
}
