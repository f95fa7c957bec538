// The log of changes as Postgres has it, read past virtdc: every operation in it was answered to somebody who asked, once.

import postgres from 'postgres';
import type { Load } from '../load.js';
import type { Stage } from '../stage.js';

export async function operationsOnce(stage: Stage, load: Load, url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const made = await sql`
      select distinct key from change_log where kind = 'operation' and after ->> 'principal' = 'local'`;
    const names = new Set(made.map(({ key }) => String(key)));
    const answered = new Set(load.answered.map(({ operation }) => operation));
    const lost = [...answered].filter((name) => !names.has(name));
    // Of a client that gave up nobody knows what became of its last request.
    const extra = [...names].filter((name) => !answered.has(name));
    const ids = await sql`select request_id from request_ids group by request_id having count(*) > 1`;
    const seen = `${answered.size} operations answered, ${names.size} in the log, ${ids.length} request ids twice`;
    const holds = lost.length === 0 && extra.length <= load.doubtful.size && ids.length === 0;
    stage.check('one operation in the log for each request', holds, seen);
  } finally {
    await sql.end();
  }
}
