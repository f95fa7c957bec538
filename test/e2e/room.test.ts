// What happens where a host is full: a guest that outgrows its host moves to one that has the room, and a host, also the
// one that virtdc itself counts as its own, is emptied by hand.

import assert from 'node:assert/strict';
import { VirtdcError } from '../../src/client/error.js';
import { needsLab, nextBeat } from '../lab.js';
import { Datacenter } from './datacenter.js';
import { activeOn, beatsOnlyOn, domainsOn } from './witness.js';

const MIB = 1024;

describe('room on real hosts', function () {
  this.timeout(90_000);
  let dc: Datacenter;
  before(async function () {
    await needsLab().call(this);
    dc = await Datacenter.start('tls');
  });
  after(async () => await dc?.end());
  afterEach(async () => await dc.holds());

  it('refuses what does not fit, with the figures, and changes nothing', async () => {
    await dc.client.placement.setClusterPolicy({ strategy: 'STRATEGY_FIRST_FIT' });
    const first = await dc.submit('grown', { cpu: 2, maxCpu: 8 });
    await dc.submit('neighbour', { cpu: 1, maxCpu: 8 });
    assert.deepEqual(await activeOn(first.hostname), ['grown', 'neighbour']);
    await dc.succeeds((await dc.client.scaling.scaleCpu({ vmid: 'neighbour', cpu: 5 })).operation);
    await assert.rejects(dc.client.scaling.scaleCpu({ vmid: 'grown', cpu: 4 }), (error: unknown) => {
      assert.ok(error instanceof VirtdcError);
      assert.equal(error.codeName, 'RESOURCE_EXHAUSTED');
      return true;
    });
  });

  it('moves a guest that outgrows its host, then scales it, as one operation', async () => {
    const { hostname: source } = await dc.guest('grown');
    const { bootId } = await nextBeat(source, 'grown');
    const answer = await dc.client.scaling.scaleCpu({ vmid: 'grown', cpu: 4, onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF' });
    await dc.succeeds(answer.operation);
    const { hostname, currentCpu } = await dc.guest('grown');
    assert.notEqual(hostname, source);
    assert.deepEqual([hostname, currentCpu], [answer.destHost, 4]);
    const there = await nextBeat(hostname, 'grown', ({ onlineCpus }) => onlineCpus === 4);
    assert.equal(there.bootId, bootId);
    const { operations } = await dc.client.operations.listOperations({
      filter: { parent: answer.operation?.name ?? '' },
    });
    assert.deepEqual(
      operations.map(({ kind, state }) => [kind, state]),
      [['OPERATION_KIND_MIGRATE_GUEST', 'OPERATION_STATE_SUCCEEDED']],
    );
  });

  it('does so for memory', async () => {
    const { hostname: source, maxMemoryKib } = await dc.guest('grown');
    const { availMemoryKib, reserve } = await dc.host(source);
    // All but a little of what is left is kept back.
    const memoryKib = availMemoryKib + (reserve?.memoryKib ?? 0n) - BigInt(4 * MIB);
    await dc.client.hosts.updateHost({ hostname: source, reserve: { cpu: 0, ioKib: 0n, ...reserve, memoryKib } });
    const answer = await dc.client.scaling.scaleMemory({
      vmid: 'grown',
      memoryKib: maxMemoryKib,
      onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF',
    });
    await dc.succeeds(answer.operation);
    const { hostname } = await dc.guest('grown');
    const domain = (await domainsOn(hostname)).find(({ name }) => name === 'grown');
    assert.equal(domain?.balloonKib, Number(maxMemoryKib));
    await dc.client.hosts.updateHost({ hostname: source, reserve: { cpu: 0, memoryKib: 0n, ioKib: 0n } });
  });

  it('empties a host by hand: cordoned, it takes nothing, and its guests move one after another', async () => {
    const { hostname } = await dc.guest('neighbour');
    await dc.client.hosts.cordonHost({ hostname });
    if ((await dc.guest('grown')).hostname !== hostname) {
      await assert.rejects(dc.client.migration.migrateGuest({ vmid: 'grown', destHost: hostname }));
    }
    for (const { vmid, hostname: at } of await dc.guests()) if (at === hostname) await dc.migrate(vmid);
    assert.deepEqual(await activeOn(hostname), []);
    const { availCpu, maxCpu, guests } = await dc.host(hostname);
    assert.deepEqual([availCpu, guests], [maxCpu, 0]);
    await beatsOnlyOn((await dc.guest('neighbour')).hostname, 'neighbour');
    await dc.client.hosts.uncordonHost({ hostname });
    for (const { vmid } of await dc.guests()) await dc.terminate(vmid);
  });
});
