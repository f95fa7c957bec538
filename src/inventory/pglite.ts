// The inventory in an embedded Postgres (PGlite): nothing to install, for one replica. It survives the death of its
// process, not the loss of power, since it does not fsync.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Inventory } from '../ports/inventory.js';
import { InventoryError } from '../ports/inventory.js';
import type { Statement } from './commit-statement.js';
import type { DatabaseConnection, Queries, Row } from './connection.js';
import { lockDirectory } from './directory-lock.js';
import { migratePglite, readyDataDirectory } from './pglite-template.js';
import { SqlInventory } from './sql-inventory.js';
import { translated } from './sqlstate.js';

/** In a directory, made if it does not exist. Rejects with DirectoryInUseError or NewerDatabaseError. */
export async function openPglite(directory: string): Promise<Inventory> {
  await mkdir(directory, { recursive: true });
  const lock = await lockDirectory(directory);
  let pglite: PGlite;
  try {
    pglite = await openDirectory(join(directory, 'pglite'));
  } catch (error) {
    await lock.release();
    throw error;
  }
  const inventory = await inventoryOver(pglite, async () => {
    await pglite.close();
    await lock.release();
  });
  // Whoever held the lease is gone, however it went: we have the lock on the directory.
  await pglite.query('update lease set expires_at = clock_timestamp()');
  return inventory;
}

async function openDirectory(dataDir: string): Promise<PGlite> {
  if (!existsSync(dataDir)) {
    // Beside its place and then moved there, so that a death in between leaves no half directory.
    const unfinished = `${dataDir}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    const first = await PGlite.create({ dataDir: unfinished, loadDataDir: await readyDataDirectory() });
    await first.close();
    await rename(unfinished, dataDir);
  }
  return await PGlite.create({ dataDir });
}

/** Over a PGlite of the caller's, migrated if need be; `close` is called by the inventory's close(), or if this fails. */
export async function inventoryOver(pglite: PGlite, close: () => Promise<void>): Promise<Inventory> {
  try {
    await migratePglite(pglite);
  } catch (error) {
    await close();
    throw error;
  }
  const connection = new PgliteConnection(pglite);
  return new SqlInventory({ commits: connection, control: connection, reads: connection }, noNews, close);
}

/** There is one process, and what it does it knows. */
function noNews(_: number, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
}

class PgliteConnection implements DatabaseConnection {
  private readonly queries: Queries;

  constructor(private readonly pglite: PGlite) {
    this.queries = drizzle(pglite);
  }

  run({ text, parameters }: Statement): Promise<readonly Row[]> {
    return this.use(async () => (await this.pglite.query<Row>(text, [...parameters])).rows);
  }

  read<R>(query: (queries: Queries) => Promise<R>): Promise<R> {
    return this.use(() => query(this.queries));
  }

  async close(): Promise<void> {
    await this.pglite.close();
  }

  private async use<R>(work: () => Promise<R>): Promise<R> {
    if (this.pglite.closed) throw new InventoryError('UNAVAILABLE', 'the database is closed');
    try {
      return await work();
    } catch (error) {
      throw translated(error, 'SENT');
    }
  }
}
