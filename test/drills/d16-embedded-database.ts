// D16: the embedded database. A second process is kept off its directory, and the first one may be killed in the middle of
// writes as often as one likes.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.js';
import { simulatedHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { Watcher } from './oracles/watcher.js';
import { type Replica, ReplicaEnded } from './replica.js';
import type { Stage } from './stage.js';

const KILLS = 20;
const TERMS = 3;
const LEAST_LIFE_MS = 500;
const MOST_LIFE_MS = 2_500;
const CLIENTS = 8;

export const drill: Drill = {
  name: 'D16',
  title: 'Embedded database',
  needs: [],
  inject: `a second process on the same directory; ${KILLS} times kill -9 under writes; ${TERMS} times SIGTERM under writes`,
  expect: 'the second ends and names the holder; nothing that was answered is lost; each start finds a sound database',
  plants: {
    'acks-early': 'answers go out before the database has the batch',
    'shares-directory': 'the directory is not locked',
  },
  async run(stage) {
    const hosts = simulatedHosts(() => [first.dataDir]);
    const { environment } = hosts;
    const early = stage.planted('acks-early') ? { sabotage: 'acks-early' } : {};
    const first = await stage.replica('virtdc', { environment, ...early });
    await first.start();
    await refusesSecond(stage, first, environment);

    const client = stage.client(first.address);
    await hosts.furnish(client);
    const watcher = new Watcher(stage, first.address);
    const load = startLoad(stage, { hosts, addresses: [first.address], clients: CLIENTS });
    stage.inject(`${KILLS} times kill -9 under writes`);
    let readyMs = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      await load.goOn(stage.random.between(LEAST_LIFE_MS, MOST_LIFE_MS));
      await first.kill();
      const beganAt = performance.now();
      await first.start();
      readyMs = Math.max(readyMs, performance.now() - beganAt);
    }
    stage.check('it starts after each kill', true, `${KILLS} times, within ${Math.round(readyMs)} ms each`);

    stage.inject(`${TERMS} times SIGTERM under writes`);
    const exits: (number | string | null)[] = [];
    for (let term = 1; term <= TERMS; term++) {
      await load.goOn(stage.random.between(LEAST_LIFE_MS, MOST_LIFE_MS));
      const { code, signal } = await first.stop();
      exits.push(signal ?? code);
      await first.start();
    }
    stage.check(
      'told to stop in a write it ends with 0',
      exits.every((code) => code === 0),
      exits.join(', '),
    );
    await sleep(LEAST_LIFE_MS);
    await compareAll(stage, { client, hosts, load, watcher, forgetful: true });
  },
};

async function refusesSecond(
  stage: Stage,
  first: Replica,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  stage.inject(`a second process on the directory of process ${first.pid}`);
  const shared = stage.planted('shares-directory') ? { sabotage: 'shares-directory' } : {};
  const second = await stage.replica('second', { environment, dataDir: first.dataDir, ...shared });
  try {
    await second.start();
    stage.check('the second is refused', false, 'it serves');
    await second.kill();
  } catch (error) {
    if (!(error instanceof ReplicaEnded)) throw error;
    const names = new RegExp(`\\bprocess ${first.pid}\\b`).test(error.said);
    const seen = `it ended with ${error.code} and said: ${error.said.trim().replaceAll('\n', ' ')}`;
    stage.check('the second is refused, and names the holder', error.code !== 0 && names, seen);
  }
}
