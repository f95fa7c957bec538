// D2: the service is killed over and over in the midst of whatever it does, under a mixed load, and comes back each time.

import postgres from 'postgres';
import { VirtdcError } from '../../src/client/error.js';
import { eventually } from '../eventually.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { labHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';

const LEAST_LIFE_MS = 2_000;
const MOST_LIFE_MS = 5_000;

export const drill: Drill = {
  name: 'D2',
  title: 'Kill storm',
  needs: ['postgres', 'lab'],
  inject: 'kill -9 at a random time, 2 to 5 s after it leads, again and again, under 20 clients',
  expect: 'no guest lost or twice, no host oversold, one effect and one answer each, all ends, all is told',
  plants: {
    'acks-early': 'answers go out before the database has the batch',
    'forgets-requests': 'a request id means nothing',
    'creates-blindly': 'a creation that is taken up again does not look whether it was done',
    'gives-up-blindly': 'a migration that is taken up again is taken for failed without a look',
  },
  minutes: 10,
  async run(stage) {
    const [hosts, server] = [await labHosts(stage), await stage.postgres()];
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const databaseUrl = await server.createDatabase();
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    stage.later(() => sql.end());
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      databaseUrl,
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const [watcher, doubles] = [new Watcher(stage, replica.address), new DoubleRuns(stage, hosts)];
    const load = startLoad(stage, { hosts, addresses: [replica.address], guestsEach: 1, thinkMs: 1_000 });
    stage.inject(`kill -9 every ${LEAST_LIFE_MS / 1_000} to ${MOST_LIFE_MS / 1_000} s of leading`);
    const until = performance.now() + stage.loadMs;
    let [kills, awayMs] = [0, 0];
    while (performance.now() < until) {
      await load.goOn(stage.random.between(LEAST_LIFE_MS, MOST_LIFE_MS));
      await replica.kill();
      kills++;
      const killedAt = performance.now();
      // The dead one's lease runs out by itself, which other drills wait for: here there is more time for deaths.
      await sql`update lease set expires_at = clock_timestamp()`;
      await replica.start();
      await eventually('it leads', () => leads(client), { withinMs: 30_000 });
      awayMs = Math.max(awayMs, performance.now() - killedAt);
    }
    stage.seen(`${kills} kills; it led again after ${(awayMs / 1_000).toFixed(1)} s at most`);
    await compareAll(stage, { client, hosts, load, watcher, doubles });
  },
};

async function leads({ operations }: PlainClient): Promise<boolean> {
  try {
    return (await operations.getLeader({})).isSelf;
  } catch (error) {
    if (error instanceof VirtdcError && error.isTransient) return false;
    throw error;
  }
}
