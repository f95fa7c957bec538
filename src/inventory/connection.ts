// What an inventory needs of a connection to its database, whichever it is.

import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Statement } from './commit-statement.js';

export type Row = Readonly<Record<string, unknown>>;
export type Queries = PgDatabase<PgQueryResultHKT>;

/**
 * Rejects with InventoryErrors only, except for bugs. UNAVAILABLE: nothing was done. UNKNOWN_OUTCOME: the connection, or
 * the patience with it, ended while the server may have been at work.
 */
export interface DatabaseConnection {
  /** One statement, which is a transaction of its own. */
  run(statement: Statement): Promise<readonly Row[]>;
  /** Typed reads. Each statement sees the database as of its own start: a consistent answer is one statement. */
  read<R>(query: (queries: Queries) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}
