// What befalls hosts, seen over the wire: silence, loss, foreign hands, and figures that were not read.

import assert from 'node:assert/strict';
import { BASE_XML, GIB, MIB, refused, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2'];

describe('hosts that fail', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  const onNode1 = async (vmid: string, more = {}) => {
    await world.client.hosts.cordonHost({ hostname: 'node2' });
    const guest = await world.submit(vmid, more);
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    return guest;
  };

  it('and do not answer are SUSPECT, then UNREACHABLE with guests UNKNOWN, and all of it comes back', async () => {
    const guest = await onNode1('one');
    const before = await world.host('node1');
    world.faults.partition('node1', 'virtdc');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_SUSPECT');
    assert.equal((await world.guest('one')).state, 'GUEST_STATE_RUNNING');
    const lost = await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    assert.notEqual(lost.conditionReason, '');
    const unknown = await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_UNKNOWN');
    assert.equal(unknown.claims.length, 1, 'its claim stays');
    assert.deepEqual(world.runsOn(guest.uuid), ['node1'], 'it is not started elsewhere');
    assert.equal((await world.host('node1')).availCpu, before.availCpu);
    assert.equal((await world.submit('two')).hostname, 'node2');
    world.faults.heal();
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.equal((await world.host('node1')).condition, 'HOST_CONDITION_READY');
    await world.auditClean();
  });

  it('while a guest is created leave its outcome unknown, and its claim, until they answer', async () => {
    await world.client.hosts.cordonHost({ hostname: 'node2' });
    world.faults.slowCalls('node1', 'create', 1_000);
    const { operation } = await world.client.placement.submitGuest(world.submission('one'));
    await world.whenOperation(operation?.name ?? '', ({ step }) => step === 'create-domain');
    world.faults.freeze('node1');
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    const waiting = await world.guest('one');
    assert.deepEqual([waiting.hostname, waiting.claims.length], ['node1', 1]);
    world.faults.thaw('node1');
    await world.succeeds(operation);
    const guest = await world.guest('one');
    assert.deepEqual([guest.state, world.runsOn(guest.uuid)], ['GUEST_STATE_RUNNING', ['node1']]);
    await world.auditClean();
  });

  for (const [call, begin] of Object.entries({
    suspend: () => world.client.guests.pauseGuest({ vmid: 'one' }),
    shutdown: () => world.client.guests.stopGuest({ vmid: 'one' }),
    destroy: () => world.client.placement.terminateGuest({ vmid: 'one' }),
    setPluggedCpu: () => world.client.scaling.scaleCpu({ vmid: 'one', cpu: 4 }),
    setMemory: () => world.client.scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB) }),
    reboot: () => world.client.guests.rebootGuest({ vmid: 'one' }),
    create: () => world.client.placement.submitGuest(world.submission('two')),
    createVolume: () => world.client.placement.submitGuest(world.submission('two')),
    deleteVolume: () => world.client.placement.terminateGuest({ vmid: 'one' }),
  })) {
    it(`and lose the answer of ${call} are looked at, and nothing is done twice`, async () => {
      const guest = await onNode1('one', { maxCpu: 4 });
      await world.client.hosts.cordonHost({ hostname: 'node2' });
      world.faults.loseReplies('node1', call);
      const { operation } = await begin();
      await world.succeeds(operation);
      if (call === 'create') assert.deepEqual(world.domainsOn('node1'), ['one', 'two']);
      if (call === 'setPluggedCpu') assert.equal(world.faults.insideGuest(guest.uuid)[0]?.onlineCpu, 4);
      await world.auditClean();
    });
  }

  it('during a migration: the target frozen as it ends runs the guest once, and the books agree', async () => {
    const guest = await onNode1('one');
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const { operation } = await world.client.migration.migrateGuest({
      vmid: 'one',
      policy: { bandwidthMibPerS: 256n },
    });
    await world.whenOperation(operation?.name ?? '', ({ progressPercent = 0 }) => progressPercent > 20);
    world.faults.freeze('node2');
    await world.clock.sleep(40_000);
    world.faults.thaw('node2');
    await world.ended(operation);
    const after = await world.guest('one');
    assert.deepEqual(world.runsOn(guest.uuid), [after.hostname]);
    await world.auditClean();
  });

  it('during a migration: the power of the source is cut, and the guest is told to be lost, not started again', async () => {
    const guest = await onNode1('one', { restartPolicy: 'RESTART_POLICY_NEVER' });
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', policy: { bandwidthMibPerS: 16n } });
    await world.whenOperation(operation?.name ?? '', ({ progressPercent = 0 }) => progressPercent > 5);
    world.faults.powerOff('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    assert.equal((await world.guest('one')).claims.length, 2, 'both hosts are kept while nobody knows');
    assert.throws(() => world.faults.insideGuest(guest.uuid));
    world.faults.powerOn('node1');
    const last = await world.ended(operation);
    assert.equal(last.state, 'OPERATION_STATE_FAILED');
    assert.equal((await world.guest('one')).state, 'GUEST_STATE_LOST');
    assert.equal((await world.host('node2')).availCpu, 16);
    await world.terminate('one');
    await world.allFree();
  });

  it('and come back without a guest say that it is lost; one that powered off by itself is stopped', async () => {
    const one = await onNode1('one', { restartPolicy: 'RESTART_POLICY_NEVER' });
    const two = await onNode1('two');
    world.faults.powerOffGuest(two.uuid);
    await world.whenGuest('two', ({ state }) => state === 'GUEST_STATE_STOPPED');
    world.faults.destroyByHand('node1', one.uuid);
    const lost = await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_LOST');
    assert.equal(lost.claims.length, 1);
    assert.notEqual(lost.stateReason, '');
    await world.succeeds((await world.client.guests.startGuest({ vmid: 'two' })).operation);
    await world.auditClean();
  });

  it('are driven by other hands, too: a guest paused by them is PAUSED, and runs again', async () => {
    const guest = await onNode1('one');
    const [driver] = [
      world.datacenter
        .hypervisor('somebody')
        .host({ hostname: 'node1', uri: 'sim://node1', migrationUri: 'sim://node1' }),
    ];
    await driver.suspend(guest.uuid);
    const paused = await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_PAUSED');
    assert.equal(paused.stateReason, 'paused by hand');
    assert.equal(paused.cause?.kind, 'CAUSE_KIND_EXTERNAL', JSON.stringify(paused.cause));
    await driver.resume(guest.uuid);
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
    await driver.close();
  });

  it('have foreign domains, which count as load and are never touched', async () => {
    const definition = {
      templateXml: BASE_XML,
      uuid: '00000000-0000-4000-8000-0000000000aa',
      domainName: '1',
      currentCpu: 15,
      maxCpu: 15,
      currentMemoryKib: GIB,
      maxMemoryKib: 4 * GIB,
      disks: [],
      nics: [],
      cpuBaselineXml: '',
      mark: { vmid: '', operation: '', epoch: 0 },
    };
    await world.faults.createByHand('node1', definition);
    const host = await world.whenHost('node1', ({ availCpu }) => availCpu === 1);
    assert.equal(Number(host.maxMemoryKib - host.availMemoryKib), 4 * GIB + 128 * MIB + Math.ceil((4 * GIB * 2) / 100));
    assert.equal((await world.submit('one')).hostname, 'node2');
    await world.terminate('one');
    assert.deepEqual(world.domainsOn('node1'), ['1']);
    world.faults.destroyByHand('node1', definition.uuid);
    await world.whenHost('node1', ({ availCpu }) => availCpu === 16);
  });

  it('whose figures were not read leave them unknown, and never 0', async () => {
    const guest = await onNode1('one', { maxMemoryKib: BigInt(4 * GIB) });
    const seen = await world.whenGuest('one', ({ observed }) => observed?.onlineCpu === 2);
    world.faults.behave(guest.uuid, { agentAbsent: true });
    world.faults.failCalls('node1', 'domains', 'REFUSED', 3);
    world.faults.setMemoryByHand('node1', guest.uuid, GIB);
    const after = await world.whenGuest('one', ({ observed }) => observed?.balloonKib === BigInt(GIB));
    assert.equal(after.observed?.pluggedCpu, 2);
    assert.equal(after.observed?.onlineCpu, seen.observed?.onlineCpu);
    assert.equal((await world.host('node1')).condition, 'HOST_CONDITION_READY');
    // Before the guest is there, as it is asked as soon as it runs.
    for (const call of ['bootId', 'onlineCpu', 'addresses'])
      world.faults.failCalls('node1', call, 'AGENT_UNAVAILABLE', 1_000);
    await onNode1('two');
    const { observed } = await world.whenGuest('two', (two) => two.observed !== undefined);
    assert.deepEqual([observed?.addresses, observed?.bootId === '0', observed?.onlineCpu === 0], [[], false, false]);
  });

  it('see a balloon lower and give back what was seen, but keep the most that one guest could retake', async () => {
    const guest = await onNode1('one', { memoryKib: BigInt(4 * GIB) });
    await onNode1('two', { memoryKib: BigInt(8 * GIB) });
    const before = await world.host('node1');
    world.faults.setMemoryByHand('node1', guest.uuid, GIB);
    // By hand: what its owner asked for stays claimed.
    await world.whenGuest('one', ({ observed }) => observed?.balloonKib === BigInt(GIB));
    assert.equal((await world.host('node1')).availMemoryKib, before.availMemoryKib);
    await world.succeeds((await world.client.scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB) })).operation);
    // The one guest that could retake 3 GiB keeps them free.
    assert.equal((await world.host('node1')).availMemoryKib, before.availMemoryKib);
    await world.succeeds(
      (await world.client.scaling.scaleMemory({ vmid: 'two', memoryKib: BigInt(5 * GIB) })).operation,
    );
    const after = await world.host('node1');
    const claimed = (kib: number) => kib + Math.ceil((kib * 2) / 100);
    assert.equal(Number(after.availMemoryKib - before.availMemoryKib), claimed(8 * GIB) - claimed(5 * GIB));
    await world.auditClean();
  });

  it('hang one at a time: the others are served as ever', async () => {
    await onNode1('one');
    await world.client.hosts.cordonHost({ hostname: 'node1' });
    world.faults.freeze('node1');
    const guest = await world.submit('two');
    assert.equal(guest.hostname, 'node2');
    await world.succeeds((await world.client.guests.pauseGuest({ vmid: 'two' })).operation);
    await refused(world.client.migration.migrateGuest({ vmid: 'one' }), 'UNAVAILABLE', 'HOST_UNREACHABLE');
    world.faults.thaw('node1');
  });
});
