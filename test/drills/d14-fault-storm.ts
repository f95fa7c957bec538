// D14: a database in which everything fails now and then. Triggers raise serialization failures, deadlocks, unique
// violations, full servers and shut-downs on every table that is written, and backends are terminated all the time.

import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { operationsOnce } from './oracles/log.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';

const WARM_UP_MS = 3_000;
const TERMINATE_EVERY_MS = 200;
/** Of each commit, wherever in it. */
const FAILS = 0.2;
const RAISED = ['40001', '40P01', '23505', '53300', '57P01'] as const;
/** What a commit writes, in whatever order. */
const WRITTEN = ['lease', 'batches', 'change_log', 'request_ids', 'hosts', 'guests', 'claims', 'operations'] as const;

export const drill: Drill = {
  name: 'D14',
  title: 'Database fault storm',
  needs: ['postgres'],
  inject: `for five minutes, one commit in five meets ${RAISED.join(', ')}; every 200 ms all backends are terminated`,
  expect: 'success after another try, or a clean ABORTED or UNAVAILABLE; nothing is done without its journal',
  plants: {
    'passing-trouble-is-a-bug': 'what passes by itself is taken for a bug',
    'unknown-is-done': 'a commit without an answer is taken for done',
    'forgets-requests': 'a request id means nothing',
  },
  minutes: 5,
  async run(stage) {
    const server = await stage.postgres();
    const url = await server.createDatabase();
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const hosts = simulatedHosts(() => [replica.dataDir]);
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      databaseUrl: url,
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const load = startLoad(stage, { hosts, addresses: [replica.address] });
    await load.goOn(WARM_UP_MS);

    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    stage.later(() => sql.end());
    stage.inject(`the storm, for ${stage.loadMs / 1_000} s`);
    await sql.unsafe(stormSql());
    const ending = new AbortController();
    const terminated = terminateAll(sql, ending.signal);
    await load.goOn(stage.loadMs);
    ending.abort();
    const killed = await terminated;
    const raised = await raisedByStorm(sql);
    await sql.unsafe('drop function storm() cascade');
    const told = RAISED.map((code) => `${code} ${raised.get(code) ?? 0} times`).join(', ');
    stage.check('the storm met commits', killed > 0 && raised.size > 0, `${told}; ${killed} backends terminated`);
    await load.goOn(2_000);
    await compareAll(stage, { client, hosts, load, watcher, doubles });
    await operationsOnce(stage, load, url);
  },
};

/** Sequences are not rolled back with what failed: so they can count. */
function stormSql(): string {
  const share = FAILS / WRITTEN.length;
  const codes = RAISED.map((code) => `'${code}'`).join(', ');
  return [
    ...RAISED.map((code) => `create sequence storm_${code.toLowerCase()}`),
    `create function storm() returns trigger language plpgsql as $$
     declare code text := (array[${codes}])[1 + floor(random() * ${RAISED.length})::integer];
     begin
       if current_setting('application_name') = 'virtdc commits' and random() < ${share} then
         perform nextval('storm_' || lower(code));
         raise exception 'a storm' using errcode = code;
       end if;
       return null;
     end $$`,
    ...WRITTEN.map(
      (table) =>
        `create trigger storm after insert or update or delete on ${table} for each statement execute function storm()`,
    ),
  ].join(';\n');
}

async function raisedByStorm(sql: postgres.Sql): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const code of RAISED) {
    const [row] = await sql`select last_value::integer as count, is_called from ${sql(`storm_${code.toLowerCase()}`)}`;
    if (row?.is_called === true) counts.set(code, Number(row.count));
  }
  return counts;
}

/** How many there were. */
async function terminateAll(sql: postgres.Sql, signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted) {
    const gone = await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'virtdc %'`;
    count += gone.length;
    await sleep(TERMINATE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return count;
}
