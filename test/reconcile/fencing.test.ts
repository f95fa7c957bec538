// Hosts that are silent for too long and have a fence, seen over the wire: switched off first, then as if somebody had said
// that they are; and without proof nothing.

import assert from 'node:assert/strict';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { Fence, FencedHost, FenceOutcome } from '../../src/ports/fence.js';
import { eventually } from '../eventually.js';
import { World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2'];

describe('a host that is silent for too long', function () {
  this.timeout(60_000);
  let world: World;
  let asked: FencedHost[];
  let answer: (host: FencedHost) => FenceOutcome;
  beforeEach(async () => {
    asked = [];
    answer = ({ hostname }) => {
      world.faults.powerOff(hostname);
      return { isOff: true, detail: 'plug pulled' };
    };
    const fence: Fence = {
      switchOff: (host) => {
        asked.push(host);
        return Promise.resolve(answer(host));
      },
    };
    const env = { VIRTDC_FENCE_COMMAND: '/sbin/fence {hostname}', VIRTDC_FENCE_AFTER_S: '10' };
    world = await World.start({ env, fence: () => fence });
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  async function onNode1(vmid: string) {
    await world.client.hosts.cordonHost({ hostname: 'node2' });
    const guest = await world.submit(vmid);
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    return guest;
  }

  const fences = async (): Promise<Operation[]> => {
    const filter = { kinds: ['OPERATION_KIND_FENCE_HOST' as const] };
    return (await world.client.operations.listOperations({ filter })).operations;
  };

  const fenceOfNode1 = (holds: (operation: Operation) => boolean): Promise<Operation> =>
    eventually('a fencing as wanted', async () => (await fences()).find(holds));

  it('is switched off, is DEAD, and its guests run elsewhere as parts of that', async () => {
    const guest = await onNode1('one');
    world.faults.freeze('node1');
    const operation = await fenceOfNode1(({ state }) => state === 'OPERATION_STATE_SUCCEEDED');
    assert.deepEqual([operation.target, operation.principal], ['node1', 'virtdc']);
    assert.deepEqual(asked, [{ hostname: 'node1', address: '10.0.0.1' }]);
    const host = await world.host('node1');
    assert.equal(host.condition, 'HOST_CONDITION_DEAD');
    assert.ok(host.conditionReason.includes(operation.name));
    assert.deepEqual(world.runsOn(guest.uuid), ['node2']);
    world.faults.powerOn('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    assert.equal((await fences()).length, 1);
    await world.auditClean();
  });

  it('and cannot be switched off stays UNREACHABLE, its guests UNKNOWN; it is tried again later', async () => {
    const guest = await onNode1('one');
    answer = () => ({ isOff: false, detail: 'no such plug' });
    world.faults.freeze('node1');
    const failed = await fenceOfNode1(({ state }) => state === 'OPERATION_STATE_FAILED');
    assert.deepEqual([failed.error?.reason, failed.error?.message], ['FENCE_FAILED', 'no such plug']);
    assert.equal((await world.host('node1')).condition, 'HOST_CONDITION_UNREACHABLE');
    assert.equal((await world.guest('one')).state, 'GUEST_STATE_UNKNOWN');
    assert.deepEqual(world.runsOn(guest.uuid), ['node1']);
    await world.clock.sleep(60_000);
    assert.equal(asked.length, 1);
    await eventually('it is tried again', () => asked.length > 1);
    world.faults.thaw('node1');
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
  });

  it('and answers again after it was switched off is not taken for dead', async () => {
    const guest = await onNode1('one');
    answer = ({ hostname }) => {
      world.faults.powerOff(hostname);
      world.faults.powerOn(hostname);
      return { isOff: true, detail: 'reset' };
    };
    world.faults.freeze('node1');
    const ended = await fenceOfNode1(({ endTime }) => endTime !== undefined);
    assert.equal(ended.error?.reason, 'HOST_ANSWERS');
    // Its guest is gone with the reset, and started again by its restart policy.
    const again = await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(guest.uuid), [again.hostname]);
    await world.auditClean();
  });

  it('for a while only is left alone', async () => {
    await onNode1('one');
    world.faults.freeze('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_UNREACHABLE');
    world.faults.thaw('node1');
    await world.whenHost('node1', ({ condition }) => condition === 'HOST_CONDITION_READY');
    await world.clock.sleep(20_000);
    assert.deepEqual([asked, await fences()], [[], []]);
  });

  it('is dealt with by whoever leads next, where the service ends in the middle', async () => {
    const guest = await onNode1('one');
    world.faults.slowCalls('node2', 'create', 3_000);
    world.faults.freeze('node1');
    await world.whenGuest('one', ({ state }) => state === 'GUEST_STATE_STARTING');
    await world.restart();
    await fenceOfNode1(({ state }) => state === 'OPERATION_STATE_SUCCEEDED');
    assert.deepEqual(world.runsOn(guest.uuid), ['node2']);
  });
});
