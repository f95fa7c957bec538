// Brings a database up to the schema of this program. Whatever is missing is applied as ONE message to the server, which
// runs it as one transaction: under an advisory lock (several replicas may start at once), and only if nobody else was
// faster. The bookkeeping is drizzle's, so that its tools understand the database too.

import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { LIMITS } from '../limits.js';
import type { Row } from './connection.js';
import { sqlstateOf } from './sqlstate.js';

/** Runs all statements of a text in one transaction; the rows of the last one. */
export type RunScript = (text: string) => Promise<readonly Row[]>;

/** The database was made by a newer version of virtdc, whose data this one would not understand. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

export interface Migration {
  readonly sql: readonly string[];
  readonly hash: string;
  readonly folderMillis: number;
}

/** Any number, the same in every version. */
const LOCK = 7_662_184;

export function migrations(): readonly Migration[] {
  return readMigrationFiles({ migrationsFolder: fileURLToPath(new URL('../../db/migrations', import.meta.url)) });
}

export async function migrate(run: RunScript, known: readonly Migration[] = migrations()): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const applied = await appliedHashes(run);
    const missing = missingAfter(applied, known);
    if (missing.length === 0) return;
    try {
      await run(script(applied.length, missing));
      return;
    } catch (error) {
      if (attempt === LIMITS.migrationAttempts || sqlstateOf(error) !== SOMEBODY_WAS_FASTER) throw error;
    }
  }
}

async function appliedHashes(run: RunScript): Promise<readonly string[]> {
  const [found] = await run(`select to_regclass('drizzle.__drizzle_migrations') is not null as made`);
  if (found?.made !== true) return [];
  const rows = await run('select hash from drizzle.__drizzle_migrations order by created_at, id');
  return rows.map(({ hash }) => String(hash));
}

function missingAfter(applied: readonly string[], known: readonly Migration[]): readonly Migration[] {
  applied.forEach((hash, index) => {
    if (known[index]?.hash === hash) return;
    throw new NewerDatabaseError(
      index >= known.length
        ? `the database has ${applied.length} migrations, this program knows ${known.length}: it is older than the database`
        : `migration ${index + 1} of the database is not the one of this program`,
    );
  });
  return known.slice(applied.length);
}

const SOMEBODY_WAS_FASTER = '40001';

function script(applied: number, missing: readonly Migration[]): string {
  return [
    `select pg_advisory_xact_lock(${LOCK})`,
    'create schema if not exists drizzle',
    'create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
    `do $$ begin
       if (select count(*) from drizzle.__drizzle_migrations) <> ${applied} then
         raise exception 'another process migrates' using errcode = '${SOMEBODY_WAS_FASTER}';
       end if;
     end $$`,
    ...missing.flatMap(({ sql, hash, folderMillis }) => [
      ...sql.map((statement) => statement.trim().replace(/;$/, '')),
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('${hash}', ${folderMillis})`,
    ]),
  ].join(';\n');
}
