// The throw-away Postgres itself: what the suites on top of it rely on.

import assert from 'node:assert/strict';
import postgres from 'postgres';
import { type PostgresServer, postgresMissing, startPostgres, type Template } from './postgres.js';
import { skip } from './skip.js';

async function on<R>(url: string, work: (sql: postgres.Sql) => Promise<R>): Promise<R> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

describe('a Postgres for tests', function () {
  this.timeout(60_000);
  let server: PostgresServer;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
  });

  after(async () => {
    await server?.end();
  });

  it('syncs to disk', async () => {
    const url = await server.createDatabase();
    const rows = await on(url, (sql) => sql`select name, setting from pg_settings where name = 'fsync'`);
    assert.deepEqual([...rows], [{ name: 'fsync', setting: 'on' }]);
  });

  it('fills a template once and clones it', async () => {
    let fills = 0;
    const template: Template = {
      name: 'one row',
      fill: (url) => on(url, async (sql) => void (await sql`create table t as select ${++fills}::int as n`)),
    };
    const [first, second] = await Promise.all([server.createDatabase(template), server.createDatabase(template)]);
    await on(first, (sql) => sql`update t set n = 7`);
    assert.notEqual(first, second);
    assert.equal(fills, 1);
    assert.deepEqual([...(await on(second, (sql) => sql`select n from t`))], [{ n: 1 }]);
  });

  it('keeps what was committed when it is killed, and ends its sessions', async function () {
    if (!server.mayBeStopped) skip(this, 'the server of VIRTDC_TEST_DATABASE_URL is not ours to kill');
    const url = await server.createDatabase();
    await on(url, async (sql) => {
      await sql`create table t (n int)`;
      await sql`insert into t values (1)`;
      const before = server.pid();
      await server.stop('kill');
      await assert.rejects(on(url, (other) => other`select 1`));
      await server.start();
      assert.notEqual(server.pid(), before);
    });
    assert.deepEqual([...(await on(url, (sql) => sql`select n from t`))], [{ n: 1 }]);
  });
});
