// D5: a libvirtd is killed in the middle of a migration, the source's and then the target's. The guest runs on where it
// was, with the same boot, and the target keeps nothing of it.

import { lab, nextBeat } from '../lab.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { ended, guestNow, movingSlowly, promised, submitTo, whenCondition } from './host-faults.js';
import { type Hosts, labHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Stage } from './stage.js';

export const drill: Drill = {
  name: 'D5',
  title: 'libvirtd killed',
  needs: ['lab'],
  inject: 'kill -9 of the libvirtd of the source in mid-migration, then of the target; each is started again',
  expect: 'the guest runs on its source with the same boot, the migration has FAILED, the target is released',
  plants: { 'target-stays-claimed': 'a migration that failed keeps its claim on the target' },
  async run(stage) {
    const hosts = await labHosts(stage);
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      ...(stage.planted('target-stays-claimed') && { sabotage: 'target-stays-claimed' }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    await submitTo(client, hosts, 'node1', 'mover');
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const load = startLoad(stage, { hosts, addresses: [replica.address], clients: 4, guestsEach: 1, thinkMs: 2_000 });
    promised(load, ['mover']);
    await load.goOn(10_000);
    await killDuringMove(stage, client, hosts, 'node1');
    await killDuringMove(stage, client, hosts, 'node2');
    await compareAll(stage, { client, hosts, load, watcher, doubles });
  },
};

/** The guest is on node1, and on its way to node2. */
async function killDuringMove(stage: Stage, client: PlainClient, hosts: Hosts, killed: string): Promise<void> {
  const { bootId } = await nextBeat('node1', 'mover');
  const operation = await movingSlowly(client, 'mover', 'node2');
  stage.inject(`the libvirtd of ${killed} is killed while mover goes from node1 to node2`);
  await lab('kill', killed, 'daemon');
  await lab('start', killed);
  const beganAt = performance.now();
  const last = await ended(client, operation);
  const tookS = ((performance.now() - beganAt) / 1_000).toFixed(1);
  stage.check(
    'the migration has FAILED',
    last.state === 'OPERATION_STATE_FAILED',
    `${last.state} after ${tookS} s: ${last.error?.message}`,
  );
  await whenCondition(client, killed, 'HOST_CONDITION_READY');
  const beat = await nextBeat('node1', 'mover');
  stage.check('the guest runs on, with the same boot', beat.bootId === bootId, `beat ${beat.beat} of ${beat.bootId}`);
  const { claims, hostname, state, uuid } = await guestNow(client, 'mover');
  const held = claims.map((claim) => claim.hostname).join(', ');
  stage.check('only its source is claimed', held === 'node1', `${state} on ${hostname}, claims on ${held}`);
  const there = (await hosts.domains()).filter((domain) => domain.uuid === uuid && domain.hostname !== 'node1');
  stage.check(
    'no other host has it',
    there.length === 0,
    there.map((domain) => `${domain.state} on ${domain.hostname}`).join(', ') || 'none',
  );
}
