// A service that ends in the middle of an operation of each kind, and another that takes it up by looking at the hosts:
// the operation ends, nothing is done twice, nothing is lost and the books agree.

import assert from 'node:assert/strict';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { GIB, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2', 'node3'];

interface Interruption {
  readonly kind: string;
  /** The call to the host in the midst of which the service ends. */
  readonly call: string;
  readonly step: string;
  readonly begin: (world: World) => Promise<{ operation?: Operation | undefined }>;
  /** How the guest is in the end; undefined: there is none. */
  readonly state: Guest['state'] | undefined;
  readonly check?: (guest: Guest, world: World) => void;
}

const INTERRUPTIONS: readonly Interruption[] = [
  {
    kind: 'CREATE_GUEST',
    call: 'createVolume',
    step: 'make-disks',
    begin: (world) => world.client.placement.submitGuest(world.submission('new')),
    state: 'GUEST_STATE_RUNNING',
  },
  {
    kind: 'CREATE_GUEST',
    call: 'create',
    step: 'create-domain',
    begin: (world) => world.client.placement.submitGuest(world.submission('new')),
    state: 'GUEST_STATE_RUNNING',
  },
  {
    kind: 'TERMINATE_GUEST',
    call: 'destroy',
    step: 'end-domain',
    begin: ({ client }) => client.placement.terminateGuest({ vmid: 'one' }),
    state: undefined,
  },
  {
    kind: 'TERMINATE_GUEST',
    call: 'deleteVolume',
    step: 'remove-disks',
    begin: ({ client }) => client.placement.terminateGuest({ vmid: 'one' }),
    state: undefined,
  },
  {
    kind: 'STOP_GUEST',
    call: 'shutdown',
    step: 'shutdown',
    begin: ({ client }) => client.guests.stopGuest({ vmid: 'one' }),
    state: 'GUEST_STATE_STOPPED',
  },
  {
    kind: 'REBOOT_GUEST',
    call: 'reboot',
    step: 'reboot',
    begin: ({ client }) => client.guests.rebootGuest({ vmid: 'one' }),
    state: 'GUEST_STATE_RUNNING',
  },
  {
    kind: 'PAUSE_GUEST',
    call: 'suspend',
    step: 'pause',
    begin: ({ client }) => client.guests.pauseGuest({ vmid: 'one' }),
    state: 'GUEST_STATE_PAUSED',
  },
  {
    kind: 'SCALE_CPU',
    call: 'setPluggedCpu',
    step: 'set-cpu',
    begin: ({ client }) => client.scaling.scaleCpu({ vmid: 'one', cpu: 4 }),
    state: 'GUEST_STATE_RUNNING',
    check: ({ currentCpu }) => assert.equal(currentCpu, 4),
  },
  {
    kind: 'SCALE_MEMORY',
    call: 'setMemory',
    step: 'set-memory',
    begin: ({ client }) => client.scaling.scaleMemory({ vmid: 'one', memoryKib: BigInt(GIB) }),
    state: 'GUEST_STATE_RUNNING',
    check: ({ currentMemoryKib }) => assert.equal(currentMemoryKib, BigInt(GIB)),
  },
];

describe('an operation whose service ends', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  for (const { kind, call, step, begin, state, check } of INTERRUPTIONS) {
    it(`during ${call} is ended by the next one: ${kind}`, async () => {
      if (kind !== 'CREATE_GUEST') await world.submit('one', { maxCpu: 4 });
      for (const host of HOSTS) world.faults.slowCalls(host, call, 3_000);
      const { operation } = await begin(world);
      const name = operation?.name ?? '';
      await world.whenOperation(name, (now) => now.step === step);
      await world.stop();
      for (const host of HOSTS) world.faults.mendCalls(host);
      await world.start();
      const last = await world.succeeds(operation);
      assert.equal(last.kind, `OPERATION_KIND_${kind}`);
      const { guests } = await world.client.guests.listGuests({});
      assert.deepEqual(
        guests.map((guest) => guest.state),
        state === undefined ? [] : [state],
      );
      const [guest] = guests;
      if (guest !== undefined) {
        check?.(guest, world);
        if (state === 'GUEST_STATE_RUNNING') assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
      }
      await world.auditClean();
    });
  }

  it('during a migration finds it still running, and adopts it', async () => {
    const guest = await world.submit('one');
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const policy = { bandwidthMibPerS: 64n };
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', policy });
    await world.whenOperation(operation?.name ?? '', ({ progressPercent }) => progressPercent !== undefined);
    await world.stop();
    assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname], 'it goes on without the service');
    await world.start();
    await world.succeeds(operation);
    const moved = await world.guest('one');
    assert.notEqual(moved.hostname, guest.hostname);
    assert.deepEqual(world.runsOn(guest.uuid), [moved.hostname]);
    await world.auditClean();
  });

  it('during a migration that ends meanwhile finds where the guest is', async () => {
    const guest = await world.submit('one');
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const { operation } = await world.client.migration.migrateGuest({
      vmid: 'one',
      policy: { bandwidthMibPerS: 128n },
    });
    await world.whenOperation(operation?.name ?? '', ({ progressPercent }) => progressPercent !== undefined);
    await world.stop();
    await world.clock.sleep(20_000);
    await world.start();
    await world.succeeds(operation);
    const moved = await world.guest('one');
    assert.notEqual(moved.hostname, guest.hostname);
    assert.deepEqual(world.runsOn(guest.uuid), [moved.hostname]);
    await world.auditClean();
  });

  it('during a move for want of room still scales the guest afterwards', async () => {
    const guest = await world.submit('one', { cpu: 8, maxCpu: 12 });
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    await world.submit('two', { cpu: 8 });
    if ((await world.guest('two')).hostname !== guest.hostname) {
      const back = await world.client.migration.migrateGuest({ vmid: 'two', destHost: guest.hostname });
      await world.succeeds(back.operation);
    }
    const answer = await world.client.scaling.scaleCpu({ vmid: 'one', cpu: 12, onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF' });
    await world.whenOperation(answer.operation?.name ?? '', ({ step }) => step === 'move');
    await world.restart();
    await world.succeeds(answer.operation);
    const scaled = await world.guest('one');
    assert.deepEqual([scaled.hostname, scaled.currentCpu, scaled.operation], [answer.destHost, 12, '']);
    await world.auditClean();
  });

  it('while a host is frozen does not hold up that end, and is ended once the host answers', async () => {
    for (const host of HOSTS) await world.client.hosts.cordonHost({ hostname: host });
    await world.client.hosts.uncordonHost({ hostname: 'node1' });
    world.faults.slowCalls('node1', 'create', 500);
    const { operation } = await world.client.placement.submitGuest(world.submission('one'));
    await world.whenOperation(operation?.name ?? '', ({ step }) => step === 'create-domain');
    world.faults.freeze('node1');
    const began = world.clock.monotonicMs();
    await world.stop();
    // The host's own deadline for a creation is a minute.
    assert.ok(world.clock.monotonicMs() - began < 15_000, 'stopped without waiting for the host');
    await world.start();
    await world.clock.sleep(5_000);
    assert.equal((await world.guest('one')).claims.length, 1, 'nobody knows yet, so the claim stays');
    world.faults.thaw('node1');
    await world.succeeds(operation);
    const guest = await world.guest('one');
    assert.deepEqual(world.runsOn(guest.uuid), ['node1']);
    await world.auditClean();
  });

  it('while it is being taken back is taken back to the end', async () => {
    for (const host of HOSTS) {
      world.faults.failCalls(host, 'create', 'REFUSED');
      world.faults.slowCalls(host, 'deleteVolume', 3_000);
    }
    const { operation } = await world.client.placement.submitGuest(world.submission('one'));
    await world.whenOperation(operation?.name ?? '', ({ step }) => step === 'create-domain');
    await world.stop();
    await world.start();
    await world.fails(operation, 'HOST_REFUSED');
    await world.allFree();
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
  });
});
