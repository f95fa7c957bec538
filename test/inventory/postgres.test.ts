import postgres from 'postgres';
import { openPostgres } from '../../src/inventory/postgres.js';
import type { Inventory } from '../../src/ports/inventory.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';
import { inventoryContract } from './contract.js';
import { EMPTY } from './emptied.js';

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
});
