import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { put } from '../../src/fleet/change.js';
import { openPostgres } from '../../src/inventory/postgres.js';
import type { Inventory } from '../../src/ports/inventory.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';
import { entryOf, inventoryContract } from './contract.js';
import { EMPTY } from './emptied.js';
import { AT, host } from './entities.js';

const START_MS = 60_000;

describe('inventory in Postgres', function () {
  this.timeout(START_MS);
  let server: PostgresServer;
  let url: string;
  let admin: postgres.Sql;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
    url = await server.createDatabase();
    admin = postgres(url, { max: 1, onnotice: () => undefined });
  });
  after(async () => {
    await admin?.end();
    await server?.end();
  });

  inventoryContract(async () => {
    const connected: Inventory[] = [];
    return {
      async connect() {
        const inventory = await openPostgres(url);
        connected.push(inventory);
        return inventory;
      },
      async end() {
        await Promise.all(connected.map((inventory) => inventory.close()));
        await admin.unsafe(EMPTY);
      },
    };
  });

  it('tells others of commits, also after what listened for them was cut off', async () => {
    const [leader, follower] = [await openPostgres(url), await openPostgres(url)];
    try {
      const { epoch } = await leader.acquireLease('one', 'one:1', 60_000);
      let revision = 0;
      const commit = async () => {
        const entries = [entryOf(put('host', host('a')), revision + 1, AT)];
        const batch = { id: randomUUID(), epoch, afterRevision: revision, entries, requests: [], audit: [] };
        await leader.commit(batch);
        revision += 1;
      };
      // As a follower does: it waits for a while, looks by itself, and waits again.
      const heard = async () => {
        const before = revision;
        let told = 0;
        while (told === 0) {
          const over = new AbortController();
          const news = follower.news(before, over.signal).catch(() => 0);
          for (let commits = 0; commits < 20; commits += 1) await commit();
          over.abort();
          told = await news;
        }
        assert.ok(told > before && told <= revision, `${told} was told after ${before}, at ${revision}`);
      };
      await heard();
      const cut = await admin`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'virtdc news' and datname = current_database()`;
      assert.equal(cut.length, 1);
      await heard();
    } finally {
      await Promise.all([leader.close(), follower.close()]);
      await admin.unsafe(EMPTY);
    }
  });
});
