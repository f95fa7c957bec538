// What holds for every mutation: an id makes it safe to repeat, a dry run changes nothing, a stale revision is told, and
// one operation at a time is open on a guest.

import assert from 'node:assert/strict';
import { GIB, node, nodeInfo, refused, World } from './service.js';

const HOSTS = ['node1', 'node2'];

describe('mutations over the wire', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  it('make one guest of fifty equal requests at once, and answer all of them alike', async () => {
    const request = world.submission('once', { requestId: 'r-1' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.client.placement.submitGuest(request)));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    await world.succeeds(answers[0]?.operation);
    const { operations } = await world.client.operations.listOperations({});
    assert.equal(operations.length, 1);
    assert.deepEqual(await world.client.placement.submitGuest(request), answers[0]);
    await world.restart();
    assert.deepEqual(await world.client.placement.submitGuest(request), answers[0]);
    assert.equal((await world.client.guests.listGuests({})).guests.length, 1);
  });

  it('refuse an id that was used for something else', async () => {
    await world.client.placement.submitGuest(world.submission('first', { requestId: 'r-1' }));
    await refused(
      world.client.placement.submitGuest(world.submission('second', { requestId: 'r-1' })),
      'INVALID_ARGUMENT',
      'REQUEST_ID_REUSED',
    );
    // Another method's ids are its own; so are those of a dry run.
    await world.client.hosts.cordonHost({ hostname: 'node1', requestId: 'r-1' });
    await world.client.placement.submitGuest(world.submission('second', { requestId: 'r-1', validateOnly: true }));
  });

  it('decide anew what was refused under the same id', async () => {
    for (const hostname of HOSTS) await world.client.hosts.cordonHost({ hostname });
    const request = world.submission('later', { requestId: 'r-1' });
    await refused(world.client.placement.submitGuest(request), 'RESOURCE_EXHAUSTED', 'NO_HOST_FITS');
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    await world.succeeds((await world.client.placement.submitGuest(request)).operation);
  });

  it('ask no host again for what is answered already', async () => {
    const { guests, migration, scaling } = world.client;
    await world.submit('one', { maxCpu: 4 });
    const move = () => migration.migrateGuest({ vmid: 'one', requestId: 'r-1' });
    const first = await move();
    await world.succeeds(first.operation);
    const scale = () =>
      scaling.scaleCpu({ vmid: 'one', cpu: 3, onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF', requestId: 'r-2' });
    const scaled = await scale();
    await world.succeeds(scaled.operation);
    const source = {
      $case: 'fromGuest' as const,
      value: { hostname: (await world.guest('one')).hostname, domainName: 'one' },
    };
    const copy = () => guests.importBaseGuest({ name: 'copy', source, requestId: 'r-3' });
    const copied = await copy();
    for (const host of HOSTS) world.faults.failCalls(host, 'domainXml', 'NO_DOMAIN');
    assert.deepEqual([await move(), await scale(), await copy()], [first, scaled, copied]);
    await refused(migration.migrateGuest({ vmid: 'one', requestId: 'r-4' }), 'NOT_FOUND', 'DOMAIN_NOT_FOUND');
  });

  it('answer a repeated request of each kind as the first time', async () => {
    const { hosts, guests, placement, scaling, migration } = world.client;
    await world.submit('one', { maxCpu: 4 });
    const repeated = async <A extends object>(call: () => Promise<A>): Promise<A> => {
      const first = await call();
      if ('operation' in first) await world.succeeds(first.operation as never);
      const again = await call();
      assert.deepEqual(again, first);
      return first;
    };
    await repeated(() => scaling.scaleCpu({ vmid: 'one', cpu: 3, requestId: 'r' }));
    await repeated(() => scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB), requestId: 'r' }));
    await repeated(() => migration.migrateGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => guests.pauseGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => guests.resumeGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => guests.rebootGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => guests.stopGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => guests.startGuest({ vmid: 'one', requestId: 'r' }));
    await repeated(() => placement.terminateGuest({ vmid: 'one', requestId: 'r' }));
    const xml = nodeInfo(node('node3', 4, GIB, GIB, 9));
    await repeated(() => hosts.importNodeInfo({ xml, requestId: 'r' }));
    await repeated(() =>
      hosts.registerPool({ name: 'p', kind: 'POOL_KIND_LOCAL', hostnames: ['node1'], requestId: 'r' }),
    );
    await repeated(() => hosts.removePool({ name: 'p', requestId: 'r' }));
    await repeated(() => guests.deleteBaseGuest({ name: 'base', requestId: 'r' }));
    await repeated(() => hosts.removeHost({ hostname: 'node3', requestId: 'r' }));
  });

  it('change nothing in a dry run, and answer as they would', async () => {
    const { hosts, guests, placement, scaling } = world.client;
    await world.submit('one', { maxCpu: 4 });
    await world.settled('one');
    const before = await world.revision();
    const { guest, operation, decision } = await placement.submitGuest(world.submission('two', { validateOnly: true }));
    assert.deepEqual([guest?.vmid, operation, decision?.hostsConsidered], ['two', undefined, 2]);
    await scaling.scaleCpu({ vmid: 'one', cpu: 4, validateOnly: true });
    await scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB), validateOnly: true });
    await guests.updateGuest({ vmid: 'one', setLabels: { a: 'b' }, validateOnly: true });
    await guests.importBaseGuest({
      name: 'copy',
      source: { $case: 'fromGuest', value: { hostname: (await world.guest('one')).hostname, domainName: 'one' } },
      validateOnly: true,
    });
    await guests.adoptGuests({ hostname: 'node1', validateOnly: true });
    await hosts.importNodeInfo({ xml: nodeInfo(node('node9', 1, GIB, GIB, 9)), prune: true, validateOnly: true });
    await hosts.registerHost({ hostname: 'node9', uri: 'sim://node9', maxCpu: 4, maxIoKib: 1n, validateOnly: true });
    await hosts.updateHost({ hostname: 'node1', maxCpu: 32, validateOnly: true });
    await refused(
      hosts.removeHost({ hostname: (await world.guest('one')).hostname, validateOnly: true }),
      'FAILED_PRECONDITION',
      'HOST_HAS_GUESTS',
    );
    assert.equal(await world.revision(), before);
  });

  it('tell who has seen an old revision', async () => {
    const { hosts, guests, placement, scaling, migration } = world.client;
    await world.submit('one', { maxCpu: 4 });
    const { revision } = await world.settled('one');
    await guests.updateGuest({ vmid: 'one', setLabels: { a: '1' } });
    const stale = async (call: Promise<unknown>) => refused(call, 'ABORTED', 'STALE_REVISION');
    const error = await stale(guests.updateGuest({ vmid: 'one', setLabels: { a: '2' }, revision }));
    assert.ok(
      Object.values(error.metadata).includes(String((await world.guest('one')).revision)),
      JSON.stringify(error.metadata),
    );
    await stale(scaling.scaleCpu({ vmid: 'one', cpu: 3, revision }));
    await stale(scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB), revision }));
    await stale(migration.migrateGuest({ vmid: 'one', revision }));
    await stale(guests.pauseGuest({ vmid: 'one', revision }));
    await stale(placement.terminateGuest({ vmid: 'one', revision }));
    const host = await world.host('node1');
    await hosts.updateHost({ hostname: 'node1', zone: 'z', revision: host.revision });
    await stale(hosts.updateHost({ hostname: 'node1', zone: 'y', revision: host.revision }));
    await stale(hosts.removeHost({ hostname: 'node1', revision: host.revision }));
    const { policy } = await placement.getClusterPolicy({});
    await placement.setClusterPolicy({ strategy: 'STRATEGY_WORST_FIT', revision: policy?.revision ?? 0n });
    await stale(placement.setClusterPolicy({ strategy: 'STRATEGY_FIRST_FIT', revision: 1n }));
  });

  it('are refused while another operation is open on the guest, and say which', async () => {
    await world.submit('one', { maxCpu: 4 });
    const policy = { bandwidthMibPerS: 1n };
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', policy });
    const { guests, scaling, migration } = world.client;
    for (const call of [
      () => scaling.scaleCpu({ vmid: 'one', cpu: 3 }),
      () => scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB) }),
      () => migration.migrateGuest({ vmid: 'one' }),
      () => guests.pauseGuest({ vmid: 'one' }),
      () => guests.rebootGuest({ vmid: 'one' }),
      () => guests.stopGuest({ vmid: 'one' }),
    ]) {
      const error = await refused(call(), 'ABORTED', 'GUEST_BUSY');
      assert.ok(Object.values(error.metadata).includes(operation?.name ?? ''), JSON.stringify(error.metadata));
    }
    await world.client.operations.cancelOperation({ name: operation?.name ?? '' });
    assert.equal((await world.ended(operation)).state, 'OPERATION_STATE_CANCELLED');
    await world.auditClean();
  });

  it('of a termination supersede a migration in flight', async () => {
    const guest = await world.submit('one');
    const { operation: moving } = await world.client.migration.migrateGuest({
      vmid: 'one',
      policy: { bandwidthMibPerS: 1n },
    });
    await world.whenOperation(moving?.name ?? '', ({ step }) => step === 'perform');
    const { operation } = await world.client.placement.terminateGuest({ vmid: 'one' });
    await world.succeeds(operation);
    assert.equal((await world.ended(moving)).state, 'OPERATION_STATE_CANCELLED');
    assert.throws(() => world.faults.insideGuest(guest.uuid));
    await world.allFree();
    for (const host of HOSTS) assert.deepEqual(world.domainsOn(host), []);
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
  });

  it('of a termination supersede a creation in flight', async () => {
    for (const host of HOSTS) world.faults.slowCalls(host, 'create', 5_000);
    const { operation: creating } = await world.client.placement.submitGuest(world.submission('one'));
    await world.whenOperation(creating?.name ?? '', ({ step }) => step === 'create-domain');
    const { operation } = await world.client.placement.terminateGuest({ vmid: 'one' });
    await world.succeeds(operation);
    assert.notEqual((await world.ended(creating)).state, 'OPERATION_STATE_SUCCEEDED');
    await world.allFree();
    for (const host of HOSTS) assert.deepEqual(world.domainsOn(host), []);
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
  });

  it('of two who want the last slot let one have it', async () => {
    const both = ['a', 'b', 'c', 'd'].map((vmid) =>
      world.client.placement.submitGuest(world.submission(vmid, { cpu: 16 })),
    );
    const settled = await Promise.allSettled(both);
    assert.deepEqual(settled.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const lost = both[settled.findIndex(({ status }) => status === 'rejected')];
    await refused(lost as Promise<unknown>, 'RESOURCE_EXHAUSTED', 'NO_HOST_FITS');
  });

  it('that fail leave no guest, no claim, no disk, and the vmid free', async () => {
    for (const host of HOSTS) world.faults.failCalls(host, 'create', 'REFUSED');
    const { operation } = await world.client.placement.submitGuest(world.submission('one'));
    const failed = await world.fails(operation, 'HOST_REFUSED');
    assert.equal(failed.state, 'OPERATION_STATE_FAILED');
    await refused(world.client.guests.getGuest({ vmid: 'one' }), 'NOT_FOUND', 'GUEST_NOT_FOUND');
    await world.allFree();
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
    for (const host of HOSTS) world.faults.mendCalls(host);
    assert.equal((await world.submit('one')).state, 'GUEST_STATE_RUNNING');
  });
});
