// Migrations in which something goes wrong, with disks that a lock protects and without: the guest runs on exactly one host
// in the end, the operation has ended, and the books agree with the hosts.

import assert from 'node:assert/strict';
import { GIB, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2'];

interface Fault {
  readonly what: string;
  readonly inject: (world: World) => void;
  readonly mend: (world: World) => Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  {
    what: 'the source daemon dies',
    inject: ({ faults }) => faults.killDaemon('node1'),
    mend: ({ faults }) => faults.startDaemon('node1'),
  },
  {
    what: 'the target daemon dies',
    inject: ({ faults }) => faults.killDaemon('node2'),
    mend: ({ faults }) => faults.startDaemon('node2'),
  },
  {
    what: 'the source freezes',
    inject: ({ faults }) => faults.freeze('node1'),
    mend: ({ faults }) => faults.thaw('node1'),
  },
  {
    what: 'the target freezes',
    inject: ({ faults }) => faults.freeze('node2'),
    mend: ({ faults }) => faults.thaw('node2'),
  },
  {
    what: 'the target loses its power',
    inject: ({ faults }) => faults.powerOff('node2'),
    mend: ({ faults }) => faults.powerOn('node2'),
  },
  {
    what: 'the hosts do not hear each other',
    inject: ({ faults }) => faults.partition('node1', 'node2'),
    mend: ({ faults }) => faults.heal(),
  },
  {
    what: 'virtdc does not hear the source',
    inject: ({ faults }) => faults.partition('node1', 'virtdc'),
    mend: ({ faults }) => faults.heal(),
  },
];

describe('a migration', function () {
  this.timeout(60_000);
  let world: World;
  afterEach(() => world.end());

  async function begin(locking: boolean, bandwidthMibPerS = 64n) {
    world = await World.start({ times: 20 });
    await world.ready(HOSTS, {}, locking);
    await world.client.hosts.cordonHost({ hostname: 'node2' });
    const guest = await world.submit('one');
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', policy: { bandwidthMibPerS } });
    await world.whenOperation(operation?.name ?? '', ({ progressPercent = 0 }) => progressPercent > 5);
    return { guest, operation };
  }

  async function runsOnce(uuid: string): Promise<void> {
    const { hostname, state } = await world.guest('one');
    assert.equal(state, 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(uuid), [hostname]);
    await world.auditClean();
    const { hosts } = await world.client.hosts.listHosts({});
    assert.deepEqual(
      hosts.map(({ hostname: name, availCpu }) => [name, availCpu]).sort(),
      HOSTS.map((name) => [name, name === hostname ? 14 : 16]),
    );
  }

  for (const locking of [true, false]) {
    for (const { what, inject, mend } of FAULTS) {
      it(`${locking ? 'with' : 'without'} locked disks in which ${what}`, async () => {
        const { guest, operation } = await begin(locking);
        inject(world);
        await world.clock.sleep(30_000);
        await mend(world);
        await world.ended(operation);
        await runsOnce(guest.uuid);
      });
    }
  }

  it('without locked disks arrives paused, and is resumed', async () => {
    const { guest, operation } = await begin(false, 512n);
    const last = await world.succeeds(operation);
    assert.ok((last.result?.value.blackoutMs ?? 0n) > 0n);
    assert.deepEqual(world.runsOn(guest.uuid), ['node2']);
    await runsOnce(guest.uuid);
  });

  it('that is cancelled and then taken up by another service is stopped by that one', async () => {
    const { guest, operation } = await begin(true, 16n);
    world.faults.slowCalls('node1', 'abortJob', 20_000);
    await world.client.operations.cancelOperation({ name: operation?.name ?? '' });
    await world.stop();
    world.faults.mendCalls('node1');
    assert.deepEqual(world.domainsOn('node2'), ['one'], 'it was not stopped yet');
    await world.start();
    const last = await world.ended(operation);
    assert.equal(last.state, 'OPERATION_STATE_CANCELLED', JSON.stringify(last.error));
    assert.deepEqual(world.runsOn(guest.uuid), ['node1']);
    await runsOnce(guest.uuid);
  });

  it('whose source is out of reach for a service that takes it up is waited for, and both claims stay', async () => {
    const { guest, operation } = await begin(true, 64n);
    await world.stop();
    world.faults.partition('node1', 'virtdc');
    await world.start();
    await world.clock.sleep(60_000);
    assert.equal((await world.guest('one')).claims.length, 2);
    world.faults.heal();
    await world.succeeds(operation);
    await runsOnce(guest.uuid);
  });

  it('that makes no progress is ended by the watchdog, and one that takes too long by its time limit', async () => {
    world = await World.start({ times: 20 });
    await world.ready(HOSTS);
    const { uuid } = await world.submit('one');
    world.faults.behave(uuid, { usedKib: GIB, dirtyBytesPerS: 2 ** 40, workingSetKib: GIB });
    const policy = { bandwidthMibPerS: 64n, completionTimeoutS: 30, autoConverge: false };
    const late = await world.client.migration.migrateGuest({ vmid: 'one', policy });
    await world.fails(late.operation, 'MIGRATION_TIMEOUT');
    await runsOnce(uuid);
  });

  it('of a guest whose host does not answer when it is to be terminated goes on when it does', async () => {
    const { operation } = await begin(true, 16n);
    world.faults.partition('node1', 'virtdc');
    const { operation: terminating } = await world.client.placement.terminateGuest({ vmid: 'one' });
    await world.clock.sleep(40_000);
    assert.equal((await world.guest('one')).state, 'GUEST_STATE_TERMINATING');
    world.faults.heal();
    await world.succeeds(terminating);
    assert.notEqual((await world.ended(operation)).state, 'OPERATION_STATE_RUNNING');
    await world.allFree();
    for (const host of HOSTS) assert.deepEqual(world.domainsOn(host), []);
  });
});
