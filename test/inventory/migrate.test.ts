import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import postgres from 'postgres';
import { type Migration, migrate, type RunScript } from '../../src/inventory/migrate.js';
import { inventoryOver } from '../../src/inventory/pglite.js';
import { readyDataDirectory } from '../../src/inventory/pglite-template.js';
import { openPostgres } from '../../src/inventory/postgres.js';
import { PostgresConnection } from '../../src/inventory/postgres-connection.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';

const ROOT = join(import.meta.dirname, '../..');

function migration(name: string, ...sql: string[]): Migration {
  return { sql, hash: `hash-of-${name}`, folderMillis: 1_000 };
}

describe('migrations', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let url: string;
  let sql: postgres.Sql;
  let connections: PostgresConnection[];

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
  });
  after(() => server?.end());
  beforeEach(async () => {
    url = await server.createDatabase();
    sql = postgres(url, { max: 2, onnotice: () => undefined });
    connections = [];
  });
  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await sql.end();
  });

  function runner(): RunScript {
    const connection = new PostgresConnection({ url, name: 'virtdc migrations', statementMs: 30_000 });
    connections.push(connection);
    return (text) => connection.script(text);
  }

  async function tables(): Promise<string[]> {
    const rows = await sql`select table_name from information_schema.tables where table_schema = 'public' order by 1`;
    return rows.map(({ table_name }) => String(table_name));
  }

  it('are applied once, however many replicas start at the same time', async () => {
    const inventories = await Promise.all(Array.from({ length: 6 }, () => openPostgres(url)));
    assert.equal((await tables()).length, 14);
    const [row] = await sql`select count(*)::integer as count from drizzle.__drizzle_migrations`;
    assert.equal(
      row?.count,
      (await readdir(join(ROOT, 'db/migrations'))).filter((name) => name.endsWith('.sql')).length,
    );
    await Promise.all(inventories.map((inventory) => inventory.close()));
  });

  it('go on from where the database is', async () => {
    const first = migration('first', 'create table one (id integer);', 'insert into one values (1)');
    const second = migration('second', 'create table two as select id + 1 as id from one');
    await migrate(runner(), [first]);
    await migrate(runner(), [first]);
    await migrate(runner(), [first, second]);
    assert.deepEqual(await tables(), ['one', 'two']);
    assert.deepEqual([...(await sql`select id from two`)], [{ id: 2 }]);
  });

  it('are all or nothing, also when the backend is killed in between', async () => {
    const run = runner();
    const slow = migration(
      'slow',
      'create table one (id integer)',
      'select pg_sleep(60)',
      'create table two (id integer)',
    );
    const failed = assert.rejects(migrate(run, [slow]), { name: 'InventoryError' });
    for (;;) {
      const rows = await sql`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'`;
      if (rows.length > 0) break;
    }
    await failed;
    assert.deepEqual(await tables(), []);
    await assert.rejects(migrate(run, [migration('broken', 'create table one (id integer)', 'nonsense')]));
    assert.deepEqual(await tables(), []);
    await migrate(run, [migration('whole', 'create table one (id integer)')]);
    assert.deepEqual(await tables(), ['one']);
  });

  it('refuse a database that is newer than the program, or another one', async () => {
    const known = migration('known', 'create table one (id integer)');
    await migrate(runner(), [known, migration('newer', 'create table two (id integer)')]);
    await assert.rejects(migrate(runner(), [known]), {
      name: 'NewerDatabaseError',
      message: 'the database has 2 migrations, this program knows 1: it is older than the database',
    });
    await assert.rejects(migrate(runner(), [migration('other'), migration('newer')]), { name: 'NewerDatabaseError' });
    assert.deepEqual(await tables(), ['one', 'two']);
  });

  it('refuse a newer embedded database too, and let go of it', async () => {
    const pglite = await PGlite.create({ loadDataDir: await readyDataDirectory() });
    await pglite.query(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9e12)`);
    await assert.rejects(
      inventoryOver(pglite, () => pglite.close()),
      { name: 'NewerDatabaseError' },
    );
    assert.equal(pglite.closed, true);
  });
});

describe('schema', () => {
  it('is what the migrations make', async function () {
    this.timeout(60_000);
    // drizzle-kit compares the schema with the last migration's snapshot; what it would add must be nothing.
    const copy = await mkdtemp(join(ROOT, 'node_modules/.schema-'));
    try {
      await cp(join(ROOT, 'db/migrations'), copy, { recursive: true });
      const before = await readdir(copy);
      const kit = join(ROOT, 'node_modules/drizzle-kit/bin.cjs');
      const options = ['generate', '--dialect', 'postgresql', '--schema', './db/schema.ts'];
      const out = ['--out', copy.slice(ROOT.length + 1)];
      await promisify(execFile)(process.execPath, [kit, ...options, ...out], { cwd: ROOT });
      assert.deepEqual(await readdir(copy), before);
    } finally {
      await rm(copy, { recursive: true });
    }
  });
});
