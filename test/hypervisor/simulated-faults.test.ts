// Hosts that do not answer, answers that get lost, guests with a will of their own, and others who act by hand.

import assert from 'node:assert/strict';
import { failsAs, surelyFails } from './expect.js';
import { address, definition, never, OPTIONS, World } from './simulated-world.js';

const MIB_IN_KIB = 1024;

describe('simulated faults', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.end());

  it('a frozen host answers nothing, and a new connection to it does not come about', async () => {
    await world.run(world.a.domains());
    world.faults.freeze('a');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.domains({ deadlineMs: 4_000 })));
    assert.equal(world.clock.monotonicMs(), 4_000);
    const other = world.datacenter.hypervisor('another client').host(address('a'));
    await failsAs('UNREACHABLE', world.run(other.domains()));
    await world.run(world.b.domains());
  });

  it('what was sent to a frozen host happens when it thaws, though its sender is long gone', async () => {
    await world.run(world.a.domains());
    world.faults.freeze('a');
    const guest = definition('g1');
    const created = failsAs('UNKNOWN_OUTCOME', world.a.create(guest, false, { deadlineMs: 2_000 }));
    await world.run(created);
    await world.hypervisor.close();
    await world.clock.advance(60_000);
    world.faults.thaw('a');
    await world.clock.advance(5_000);
    assert.deepEqual(world.runsOn(guest.uuid), ['a']);
  });

  it('a frozen host is given up after the keepalive, and is heard again after it thaws', async () => {
    await world.clock.advance(10);
    world.faults.freeze('a');
    const call = failsAs('UNKNOWN_OUTCOME', world.a.domains({ deadlineMs: 60_000 }));
    await world.clock.advance(21_000);
    await call;
    assert.ok(world.heard.some((line) => line.includes('a disconnected')));
    world.faults.thaw('a');
    await world.clock.advance(2_000);
    assert.match(world.heard.at(-1) ?? '', /a connected/);
  });

  it('a frame that the network holds back arrives when it heals in time, and never when it does not', async () => {
    const { uuid } = await world.guest();
    world.faults.partition('a');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid, { deadlineMs: 1_000 })));
    assert.deepEqual(world.runsOn(uuid), ['a']);
    world.faults.heal('a');
    assert.deepEqual(world.runsOn(uuid), []);
    await world.run(world.a.resume(uuid));
    world.faults.partition('virtdc', 'a');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid, { deadlineMs: 60_000 })));
    world.faults.heal();
    await world.clock.advance(5_000);
    assert.deepEqual(world.runsOn(uuid), ['a']);
  });

  it('what is sent over a line that is cut one way is done, and its answer never comes', async () => {
    const { uuid } = await world.guest();
    world.faults.partitionOneWay('a', 'virtdc');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid, { deadlineMs: 1_000 })));
    assert.deepEqual(world.runsOn(uuid), []);
    world.faults.heal('a');
    world.faults.partitionOneWay('virtdc', 'a');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.resume(uuid, { deadlineMs: 60_000 })));
    world.faults.heal();
    await world.clock.advance(5_000);
    assert.deepEqual(world.runsOn(uuid), []);
  });

  it('a call whose answer is lost has been done', async () => {
    const { uuid } = await world.guest();
    world.faults.loseReplies('a', 'suspend');
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid)));
    assert.equal((await world.run(world.a.domain(uuid)))?.state, 'PAUSED');
    world.faults.failCalls('a', 'resume', 'CONFLICT');
    await failsAs('CONFLICT', world.run(world.a.resume(uuid)));
    await world.run(world.a.resume(uuid));
  });

  it('a slow call is done late, unless a barrier has come before', async () => {
    const { uuid } = await world.guest();
    world.faults.slowCalls('a', 'suspend', 5_000, 2);
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid, { deadlineMs: 1_000 })));
    await world.clock.advance(5_000);
    assert.deepEqual(world.runsOn(uuid), []);
    await world.run(world.a.resume(uuid));
    await failsAs('UNKNOWN_OUTCOME', world.run(world.a.suspend(uuid, { deadlineMs: 1_000 })));
    await world.run(world.a.barrier());
    await world.clock.advance(10_000);
    assert.deepEqual(world.runsOn(uuid), ['a']);
  });

  it('after a power cycle transient guests are nowhere, and persistent ones start by themselves', async () => {
    const transient = await world.guest('g1');
    const persistent = definition('g2');
    await world.run(world.a.create(persistent, true));
    const bootId = world.faults.insideGuest(persistent.uuid)[0]?.bootId;
    world.faults.powerOff('a');
    await world.clock.advance(1_000);
    world.faults.powerOn('a');
    await world.clock.advance(5_000);
    assert.deepEqual(
      (await world.run(world.a.domains())).map(({ uuid, state }) => [uuid, state]),
      [[persistent.uuid, 'RUNNING']],
    );
    assert.notEqual(world.faults.insideGuest(persistent.uuid)[0]?.bootId, bootId);
    await failsAs('NO_DOMAIN', world.run(world.a.destroy(transient.uuid)));
  });

  it('a balloon stops at what the guest uses, or does not move at all', async () => {
    const { uuid } = await world.guest();
    world.faults.behave(uuid, { usedKib: 200 * MIB_IN_KIB });
    await world.run(world.a.setMemory(uuid, 64 * MIB_IN_KIB));
    await world.clock.advance(10_000);
    assert.equal((await world.run(world.a.domain(uuid)))?.balloonKib, 200 * MIB_IN_KIB);
    world.faults.behave(uuid, { usedKib: 50 * MIB_IN_KIB });
    await world.clock.advance(10_000);
    assert.equal((await world.run(world.a.domain(uuid)))?.balloonKib, 64 * MIB_IN_KIB);
    world.faults.behave(uuid, { refusesBalloon: true });
    await world.run(world.a.setMemory(uuid, 512 * MIB_IN_KIB));
    await world.clock.advance(10_000);
    assert.equal((await world.run(world.a.domain(uuid)))?.balloonKib, 64 * MIB_IN_KIB);
  });

  it('a guest that reboots by itself takes its balloon and its vCPUs back', async () => {
    const { uuid, maxMemoryKib } = await world.guest();
    await world.run(world.a.setOnlineCpu(uuid, 1));
    world.faults.rebootGuest(uuid);
    await failsAs('AGENT_UNAVAILABLE', world.run(world.a.onlineCpu(uuid)));
    await world.clock.advance(3_000);
    assert.equal(await world.run(world.a.onlineCpu(uuid)), 2);
    assert.equal((await world.run(world.a.domain(uuid)))?.balloonKib, maxMemoryKib);
  });

  it('a guest without an agent, or one that does not listen, stays what it is', async () => {
    const { uuid } = await world.guest();
    world.faults.behave(uuid, { agentAbsent: true, ignoresShutdown: true });
    await failsAs('AGENT_UNAVAILABLE', world.run(world.a.bootId(uuid)));
    await failsAs('AGENT_UNAVAILABLE', world.run(world.a.setOnlineCpu(uuid, 1)));
    await world.run(world.a.shutdown(uuid));
    await world.clock.advance(60_000);
    assert.deepEqual(world.runsOn(uuid), ['a']);
  });

  it('crashes, power-offs and what others do by hand are seen and heard of', async () => {
    const [crashed, off, destroyed] = [await world.guest('g1'), await world.guest('g2'), await world.guest('g3')];
    const foreign = { ...definition('theirs'), templateXml: '<domain/>' };
    world.heard.length = 0;
    world.faults.crashGuest(crashed.uuid);
    world.faults.powerOffGuest(off.uuid);
    world.faults.destroyByHand('a', destroyed.uuid);
    await world.run(world.faults.createByHand('a', foreign));
    await world.clock.advance(3_000);
    world.faults.setMemoryByHand('a', foreign.uuid, 128 * MIB_IN_KIB);
    await world.clock.advance(3_000);
    const domains = await world.run(world.a.domains());
    assert.deepEqual(
      domains.map(({ uuid, balloonKib }) => [uuid, balloonKib]),
      [[foreign.uuid, 128 * MIB_IN_KIB]],
    );
    assert.equal(await world.run(world.a.domainMark(foreign.uuid)), undefined);
    assert.equal(await world.run(world.a.domainXml(foreign.uuid)), foreign.templateXml);
    for (const [guest, detail] of [
      [crashed, 'FAILED'],
      [off, 'SHUTDOWN'],
      [destroyed, 'DESTROYED'],
    ] as const) {
      const stopped = JSON.stringify({ type: 'LIFECYCLE', uuid: guest.uuid, event: 'STOPPED', detail });
      assert.ok(
        world.heard.some((line) => line.includes(stopped)),
        stopped,
      );
    }
  });

  it('refuses a second writer of a disk, a missing disk, a missing network and too new a CPU', async () => {
    const disk = await world.diskOn(world.a, 'shared', 'g1.qcow2');
    const guest = await world.guest('g1', [disk]);
    const second = definition('g2', guest.disks);
    await surelyFails(world.run(world.b.create(second, false)));
    assert.equal(await world.run(world.b.domain(second.uuid)), undefined);
    await surelyFails(world.run(world.b.create({ ...second, disks: [{ ...disk, path: '/nowhere' }] }, false)));
    const nics = [{ kind: 'BRIDGE', source: 'br9', mac: '52:54:00:00:00:01' }] as const;
    await surelyFails(world.run(world.b.create({ ...second, disks: [], nics }, false)));
    const newer = '<cpu><model>SapphireRapids</model></cpu>';
    await failsAs('UNSUPPORTED', world.run(world.b.create({ ...second, disks: [], cpuBaselineXml: newer }, false)));
    assert.equal(await world.run(world.b.runsCpu(newer)), false);
    await world.run(world.a.destroy(guest.uuid));
    await world.run(world.b.create(second, false));
  });
});

describe('a simulation with a seed', () => {
  async function trace(seed: number): Promise<string> {
    const world = new World(seed, {}, 1, 20);
    const { uuid } = await world.guest();
    world.faults.behave(uuid, { dirtyBytesPerS: 10 * 1024 * 1024 });
    await world.run(world.a.migrate(uuid, address('b'), { ...OPTIONS, bandwidthMibPerS: 30 }, never()));
    world.faults.rebootGuest(uuid);
    await world.clock.advance(10_000);
    world.end();
    return world.heard.join('\n');
  }

  it('repeats exactly, and differs with another seed', async () => {
    assert.equal(await trace(3), await trace(3));
    assert.notEqual(await trace(3), await trace(4));
  });
});
