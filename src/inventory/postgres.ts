// The inventory in Postgres.

import { LIMITS } from '../limits.js';
import type { Inventory } from '../ports/inventory.js';
import { migrate } from './migrate.js';
import { PostgresConnection } from './postgres-connection.js';
import { PostgresNews } from './postgres-news.js';
import { SqlInventory } from './sql-inventory.js';

/** Migrates the database if need be. Rejects with UNAVAILABLE if it cannot be reached, or NewerDatabaseError. */
export async function openPostgres(url: string): Promise<Inventory> {
  const open = (purpose: string, statementMs: number) =>
    new PostgresConnection({ url, name: `virtdc ${purpose}`, statementMs });
  const migrations = open('migrations', LIMITS.migrationMs);
  try {
    await migrate((text) => migrations.script(text));
  } finally {
    await migrations.close();
  }
  const connections = {
    commits: open('commits', LIMITS.databaseCommitMs),
    control: open('control', LIMITS.databaseControlMs),
    reads: open('reads', LIMITS.databaseReadMs),
  };
  const news = new PostgresNews({ url, name: 'virtdc news', statementMs: LIMITS.databaseControlMs });
  return new SqlInventory(
    connections,
    (revision, signal) => news.after(revision, signal),
    async () => {
      await Promise.all([...Object.values(connections), news].map((connection) => connection.close()));
    },
  );
}
