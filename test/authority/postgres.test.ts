// The authority on a real Postgres and the real clock: what the simulation cannot show.

import assert from 'node:assert/strict';
import pino from 'pino';
import postgres from 'postgres';
import type { RunningAuthority } from '../../src/authority/authority.js';
import { randomIds } from '../../src/authority/ids.js';
import { createAuthority } from '../../src/authority/leader.js';
import { realClock } from '../../src/clock/real.js';
import { openPostgres } from '../../src/inventory/postgres.js';
import type { Inventory, LogEntry } from '../../src/ports/inventory.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';
import { accepted, addPool, CALLER, contentsOf } from './stage.js';

interface Replica {
  readonly authority: RunningAuthority;
  readonly inventory: Inventory;
  readonly told: LogEntry[];
  close(): Promise<void>;
}

describe('authority on Postgres', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let url: string;
  let sql: postgres.Sql;
  let replicas: Replica[];

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
  });
  after(() => server?.end());
  beforeEach(async () => {
    url = await server.createDatabase();
    sql = postgres(url, { max: 1, onnotice: () => undefined });
    replicas = [];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await sql.end();
  });

  async function replica(holder: string): Promise<Replica> {
    const inventory = await openPostgres(url);
    const parts = {
      inventory,
      clock: realClock,
      ids: randomIds,
      log: pino({ enabled: false }),
      address: `${holder}:1`,
    };
    const authority = createAuthority({ ...parts, holder });
    const told: LogEntry[] = [];
    authority.onCommit((entries) => told.push(...entries));
    const made = {
      authority,
      inventory,
      told,
      async close() {
        await authority.close();
        await inventory.close();
      },
    };
    replicas.push(made);
    return made;
  }

  it('commits a thousand concurrent decisions in few batches', async () => {
    const { authority, told } = await replica('one');
    await authority.leading();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => authority.execute(addPool(`p${i}`), CALLER)),
    );
    for (const answer of answers) accepted(answer);
    const [row] = await sql`select (select count(*)::integer from batches) as batches,
      (select count(*)::integer from pools) as pools, (select last_revision::integer from lease) as revision`;
    assert.ok(Number(row?.batches) <= 20, `${row?.batches} batches`);
    assert.deepEqual({ pools: row?.pools, revision: row?.revision }, { pools: 1_000, revision: 1_000 });
    assert.deepEqual(
      told.map(({ revision }) => revision),
      Array.from({ length: 1_000 }, (_, i) => i + 1),
    );
  });

  it('hands over to the next replica, which knows all that was answered', async () => {
    const one = await replica('one');
    await one.authority.leading();
    const caller = { ...CALLER, request: { id: 'r', payloadHash: 'h' } };
    const first = await one.authority.execute(addPool('a'), caller);
    const two = await replica('two');
    await one.authority.close();
    await two.authority.leading();
    assert.deepEqual(contentsOf(two.authority.fleet), contentsOf(one.authority.fleet));
    assert.deepEqual(await two.authority.execute(addPool('a'), caller), { ...first, replayed: true });
    assert.equal(two.authority.epoch, one.authority.epoch + 1);
  });

  it('loses and doubles nothing while its backends are killed over and over', async () => {
    const { authority, told } = await replica('one');
    await authority.leading();
    const killing = new AbortController();
    let killed = 0;
    const killer = (async () => {
      while (!killing.signal.aborted) {
        const backends = await sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'virtdc %' and datname = current_database()`;
        killed += backends.length;
        await realClock.sleep(200);
      }
    })();
    const answered: string[] = [];
    const client = async (name: string) => {
      for (let i = 0; i < 40; ) {
        const key = `${name}-${i}`;
        const request = { id: key, payloadHash: 'h' };
        try {
          const answer = await authority.execute(addPool(key), { ...CALLER, request });
          assert.ok(answer.accepted, `a request that was repeated was decided twice: ${key}`);
          answered.push(key);
          i += 1;
        } catch (error) {
          assert.equal((error as Error).name, 'UnavailableError', String(error));
          await realClock.sleep(10);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, i) => client(`c${i}`)));
    killing.abort();
    await killer;
    await authority.leading();
    const rows = await sql`select key, revision::integer from change_log order by revision`;
    assert.deepEqual(
      rows.map(({ revision }) => revision),
      Array.from({ length: 320 }, (_, i) => i + 1),
    );
    assert.deepEqual(rows.map(({ key }) => key).sort(), answered.sort());
    assert.deepEqual(
      told.map(({ key }) => key),
      rows.map(({ key }) => key),
    );
    assert.equal(authority.fleet.count('pool'), 320);
    assert.equal(authority.fleet.revision, 320);
    assert.ok(killed > 0, 'no backend was killed');
  });

  it('is unavailable while Postgres is down, and leads again when it is back', async function () {
    if (!server.mayBeStopped) skip(this, 'the Postgres server is not ours to stop');
    const { authority } = await replica('one');
    await authority.leading();
    accepted(await authority.execute(addPool('before'), CALLER));
    await sql.end();
    await server.stop('kill');
    const meanwhile = { ...CALLER, request: { id: 'meanwhile', payloadHash: 'h' } };
    await assert.rejects(authority.execute(addPool('meanwhile'), meanwhile), { name: 'UnavailableError' });
    assert.equal(authority.health.state, 'UNAVAILABLE');
    await server.start();
    await authority.leading();
    accepted(await authority.execute(addPool('meanwhile'), meanwhile));
    sql = postgres(url, { max: 1, onnotice: () => undefined });
    assert.equal((await sql`select 1 from pools`).length, 2);
    assert.equal(authority.fleet.count('pool'), 2);
  });

  it('steps down when another took the lease, whatever it was about to commit', async () => {
    const one = await replica('one');
    await one.authority.leading();
    // As if it had been frozen past the end of its lease.
    await sql`update lease set expires_at = clock_timestamp()`;
    const two = await replica('two');
    await two.authority.leading();
    accepted(await two.authority.execute(addPool('theirs'), CALLER));
    await assert.rejects(one.authority.execute(addPool('mine'), CALLER), { name: 'UnavailableError' });
    assert.equal(one.authority.health.state, 'FOLLOWING');
    assert.equal(one.authority.mayAct(), false);
    assert.deepEqual([...(await sql`select key from pools`)], [{ key: 'theirs' }]);
  });
});
