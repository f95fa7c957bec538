// Hosts that were proven to be off, seen over the wire: their guests run again elsewhere, once each, as far as policy, disks
// and room allow; and when they come back nothing runs twice.

import assert from 'node:assert/strict';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import { GIB, refused, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2', 'node3'];

describe('a host that was confirmed to be off', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  async function on(hostname: string, vmid: string, more: Partial<SubmitGuestRequest> = {}): Promise<Guest> {
    const others = HOSTS.filter((other) => other !== hostname);
    for (const other of others) await world.client.hosts.cordonHost({ hostname: other });
    const guest = await world.submit(vmid, more);
    for (const other of others) await world.client.hosts.uncordonHost({ hostname: other });
    assert.equal(guest.hostname, hostname);
    return guest;
  }

  async function cutPower(hostname: string): Promise<void> {
    world.faults.powerOff(hostname);
    await world.whenHost(hostname, ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
  }

  async function confirm(hostname: string): Promise<Operation> {
    const { host, operation } = await world.client.hosts.confirmHostDead({ hostname });
    assert.equal(host?.condition, 'HOST_CONDITION_DEAD');
    return world.succeeds(operation);
  }

  async function partsOf({ name }: Operation): Promise<Operation[]> {
    return (await world.client.operations.listOperations({ filter: { parent: name } })).operations;
  }

  it('has its guests started on other hosts, each once, as parts of one operation', async () => {
    const guests = [await on('node1', 'one'), await on('node1', 'two')];
    await cutPower('node1');
    const operation = await confirm('node1');
    const parts = await partsOf(operation);
    assert.deepEqual(parts.map(({ target, kind, state }) => `${target} ${kind} ${state}`).sort(), [
      'one OPERATION_KIND_RESTART_GUEST OPERATION_STATE_SUCCEEDED',
      'two OPERATION_KIND_RESTART_GUEST OPERATION_STATE_SUCCEEDED',
    ]);
    for (const { vmid, uuid } of guests) {
      const after = await world.guest(vmid);
      assert.equal(after.state, 'GUEST_STATE_RUNNING');
      assert.notEqual(after.hostname, 'node1');
      assert.deepEqual(world.runsOn(uuid), [after.hostname]);
      assert.deepEqual(
        after.claims.map((claim) => claim.hostname),
        [after.hostname],
      );
    }
    const dead = await world.host('node1');
    assert.deepEqual([dead.availCpu, dead.guests, [...dead.leftBehind].sort()], [16, 0, ['one', 'two']]);
  });

  it('is READY again when it returns, and takes guests', async () => {
    await on('node1', 'one');
    await cutPower('node1');
    await confirm('node1');
    world.faults.powerOn('node1');
    const host = await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    assert.deepEqual(host.leftBehind, []);
    await on('node1', 'two');
    await world.auditClean();
  });

  it('answers: the statement is refused', async () => {
    await refused(world.client.hosts.confirmHostDead({ hostname: 'node1' }), 'FAILED_PRECONDITION', 'HOST_ANSWERS');
    assert.equal((await world.host('node1')).condition, 'HOST_CONDITION_READY');
    await refused(world.client.hosts.confirmHostDead({ hostname: 'nowhere' }), 'NOT_FOUND', 'HOST_NOT_FOUND');
  });

  it('has guests that must not leave it: they are lost, say why, and return with it', async () => {
    await world.addPool('local', HOSTS);
    await on('node1', 'never', { pool: 'shared', restartPolicy: 'RESTART_POLICY_NEVER' });
    await on('node1', 'with', { pool: 'shared', restartPolicy: 'RESTART_POLICY_WITH_HOST' });
    await on('node1', 'local', { pool: 'local' });
    await cutPower('node1');
    const operation = await confirm('node1');
    assert.deepEqual(await partsOf(operation), []);
    for (const vmid of ['never', 'with', 'local']) {
      const { state, hostname, claims } = await world.guest(vmid);
      assert.deepEqual([state, hostname, claims.length], ['GUEST_STATE_LOST', 'node1', 1], vmid);
    }
    const local = await world.whenGuest('local', ({ stateReason }) => stateReason.includes('LOCAL pool local'));
    world.faults.powerOn('node1');
    for (const vmid of ['with', 'local']) {
      const { hostname } = await world.whenGuest(vmid, ({ state }) => state === 'GUEST_STATE_RUNNING');
      assert.equal(hostname, 'node1', vmid);
    }
    assert.deepEqual(world.runsOn(local.uuid), ['node1']);
    assert.equal((await world.guest('never')).state, 'GUEST_STATE_LOST');
    await world.terminate('never');
    await world.auditClean();
  });

  it('leaves room for those of greater priority first; the others follow when there is some', async () => {
    for (const hostname of ['node2', 'node3']) await on(hostname, `large-${hostname}`, { cpu: 12 });
    const sizes = { cpu: 4, memoryKib: BigInt(GIB) };
    await on('node1', 'low', { ...sizes, priority: 1 });
    await on('node1', 'high', { ...sizes, priority: 900 });
    await on('node1', 'middle', { ...sizes, priority: 500 });
    await cutPower('node1');
    const parts = await partsOf(await confirm('node1'));
    assert.deepEqual(parts.map(({ target }) => target).sort(), ['high', 'middle']);
    const waiting = await world.whenGuest('low', ({ stateReason }) => stateReason.includes('INSUFFICIENT_CPU'));
    assert.deepEqual([waiting.state, waiting.hostname], ['GUEST_STATE_LOST', 'node1']);
    await world.terminate('large-node3');
    const placed = await world.whenGuest('low', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(placed.uuid), [placed.hostname]);
  });

  it('was not off in truth: its copies are ended before it is used again', async () => {
    const guest = await on('node1', 'one');
    world.faults.partition('node1', 'virtdc');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    // A lock of the disk would keep it from running twice; without one only its operator's word does.
    world.datacenter.host('node1').domain(guest.uuid).definition = {
      ...world.datacenter.host('node1').domain(guest.uuid).definition,
      disks: [],
    };
    for (const volume of world.datacenter.sharedPools.get('shared')?.volumes.values() ?? []) volume.writer = undefined;
    await confirm('node1');
    const after = await world.guest('one');
    assert.deepEqual(world.runsOn(guest.uuid), ['node1', after.hostname].sort());
    world.faults.heal();
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    assert.deepEqual(world.domainsOn('node1'), []);
    assert.deepEqual(world.runsOn(guest.uuid), [after.hostname]);
    await world.auditClean();
  });

  it('was not off in truth, and nobody else took its guest: that runs on there', async () => {
    const guest = await on('node1', 'one', { restartPolicy: 'RESTART_POLICY_NEVER' });
    world.faults.partition('node1', 'virtdc');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    await confirm('node1');
    assert.equal((await world.guest('one')).state, 'GUEST_STATE_LOST');
    world.faults.heal();
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(guest.uuid), ['node1']);
    await world.auditClean();
  });

  it('ends what was open on it, and a creation goes on elsewhere', async () => {
    await on('node1', 'one');
    for (const hostname of ['node2', 'node3']) await world.client.hosts.cordonHost({ hostname });
    world.faults.slowCalls('node1', 'create', 5_000);
    const { operation: creation } = await world.client.placement.submitGuest(world.submission('new'));
    await world.whenOperation(creation?.name ?? '', ({ step }) => step === 'create-domain');
    const { operation: stop } = await world.client.guests.stopGuest({ vmid: 'one' });
    world.faults.powerOff('node1');
    for (const hostname of ['node2', 'node3']) await world.client.hosts.uncordonHost({ hostname });
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    await confirm('node1');
    await world.fails(creation, 'HOST_DEAD');
    assert.notEqual((await world.ended(stop)).endTime, undefined);
    const made = await world.whenGuest('new', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(made.uuid), [made.hostname]);
    const one = await world.guest('one');
    assert.ok(['GUEST_STATE_STOPPED', 'GUEST_STATE_RUNNING'].includes(one.state), one.state);
  });

  it('lets its guests be terminated: what others share goes now, the rest when it returns', async () => {
    await world.addPool('local', HOSTS);
    await on('node1', 'shared', { pool: 'shared', restartPolicy: 'RESTART_POLICY_NEVER' });
    await on('node1', 'local', { pool: 'local', restartPolicy: 'RESTART_POLICY_WITH_HOST' });
    await cutPower('node1');
    await confirm('node1');
    await world.terminate('shared');
    await world.terminate('local');
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
    assert.equal(world.datacenter.host('node1').pool('local').volumes.size, 1);
    world.faults.powerOn('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    assert.deepEqual(world.domainsOn('node1'), []);
    assert.equal(world.datacenter.host('node1').pool('local').volumes.size, 0);
    await world.allFree();
  });

  for (const [end, fails] of [
    ['source', 'node1'],
    ['target', 'node2'],
  ] as const) {
    it(`was the ${end} of a migration: that ends by what the other host shows`, async () => {
      const guest = await on('node1', 'one');
      world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
      const policy = { bandwidthMibPerS: 16n };
      const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', destHost: 'node2', policy });
      await world.whenOperation(operation?.name ?? '', ({ progressPercent = 0 }) => progressPercent > 5);
      await cutPower(fails);
      await confirm(fails);
      const last = await world.ended(operation);
      assert.equal(last.state, 'OPERATION_STATE_FAILED', JSON.stringify(last.error));
      const after = await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
      assert.deepEqual(world.runsOn(guest.uuid), [after.hostname]);
      assert.equal(after.hostname === 'node1', end === 'target', after.hostname);
      world.faults.powerOn(fails);
      await world.whenHost(fails, ({ condition }) => condition === 'HOST_CONDITION_READY');
      await world.auditClean();
    });
  }

  it('keeps its place in time: a service that ends in the middle is followed by one that goes on', async () => {
    const guests = [await on('node1', 'one'), await on('node1', 'two')];
    await cutPower('node1');
    for (const hostname of ['node2', 'node3']) world.faults.slowCalls(hostname, 'create', 2_000);
    const { operation } = await world.client.hosts.confirmHostDead({ hostname: 'node1' });
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_STARTING');
    await world.restart();
    await world.succeeds(operation);
    for (const { vmid, uuid } of guests) {
      const after = await world.whenGuest(vmid, ({ state }) => state === 'GUEST_STATE_RUNNING');
      assert.deepEqual(world.runsOn(uuid), [after.hostname]);
    }
  });

  it('is confirmed once, however often the request is repeated', async () => {
    await on('node1', 'one');
    await cutPower('node1');
    const request = { hostname: 'node1', requestId: 'off' };
    const first = await world.client.hosts.confirmHostDead(request);
    await world.succeeds(first.operation);
    world.faults.powerOn('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    const { host, operation } = await world.client.hosts.confirmHostDead(request);
    assert.deepEqual([host?.revision, operation?.name], [first.host?.revision, first.operation?.name]);
  });
});
