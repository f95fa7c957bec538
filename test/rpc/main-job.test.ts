// The whole main job over the wire, on simulated hosts: from nodeinfo.xml to a migrated, scaled and terminated guest.

import assert from 'node:assert/strict';
import { World, GIB, node, nodeInfo, BASE_XML } from './service.js';

describe('the main job over the wire', function () {
  this.timeout(60_000);
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.end());

  it('imports a nodeinfo, and again without any change', async () => {
    const xml = nodeInfo(node('node1', 16, 32 * GIB, 500 * GIB, 1), node('node2', 16, 32 * GIB, 500 * GIB, 2), node('node3', 16, 32 * GIB, 500 * GIB, 3));
    const { changes } = await world.client.hosts.importNodeInfo({ xml });
    assert.deepEqual(changes.map(({ hostname, kind }) => `${hostname} ${kind}`), ['node1', 'node2', 'node3'].map((name) => `${name} NODE_INFO_CHANGE_KIND_ADDED`));
    const { hosts } = await world.client.hosts.listHosts({});
    assert.deepEqual(hosts.map((host) => [host.hostname, host.condition, host.availCpu]), [['node1', 'HOST_CONDITION_READY', 16], ['node2', 'HOST_CONDITION_READY', 16], ['node3', 'HOST_CONDITION_READY', 16]]);
    const before = await world.revision();
    const again = await world.client.hosts.importNodeInfo({ xml });
    assert.ok(again.changes.every(({ kind }) => kind === 'NODE_INFO_CHANGE_KIND_UNCHANGED'));
    assert.equal(await world.revision(), before);
  });

  it('takes a pool and a base guest', async () => {
    await world.addPool('shared', ['node1', 'node2', 'node3'], true);
    const { baseGuest } = await world.client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
    assert.deepEqual(baseGuest?.disks.map((disk) => disk.target), ['vda']);
  });

  it('submits a guest that runs, with its claim', async () => {
    const guest = await world.submit('web1', { maxCpu: 8, maxMemoryKib: BigInt(4 * GIB) });
    assert.equal(guest.state, 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
    const host = await world.host(guest.hostname);
    assert.equal(host.availCpu, 14);
    await world.auditClean();
  });
});
