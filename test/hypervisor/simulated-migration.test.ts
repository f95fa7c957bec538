// The simulation shows what really goes wrong with migrations: each trap that was seen on libvirt, on virtual time.

import assert from 'node:assert/strict';
import { failsAs, surelyFails } from './expect.js';
import { address, definition, never, OPTIONS, SLOW_MIB_PER_S, World } from './simulated-world.js';

const SLOW = { ...OPTIONS, bandwidthMibPerS: SLOW_MIB_PER_S };

describe('simulated migrations that go wrong', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.end());

  /** Freezes the target so late that the memory is there before the source gives up. */
  async function freezeBeforeTheEnd(uuid: string, options = SLOW): Promise<void> {
    const migrated = surelyFails(world.a.migrate(uuid, address('b'), options, never()));
    await world.clock.advance(5_000);
    world.faults.freeze('b');
    await world.run(migrated);
    const source = await world.run(world.a.domain(uuid));
    assert.deepEqual([source?.state, source?.stateReason], ['RUNNING', 'MIGRATION_CANCELED']);
    world.faults.thaw('b');
    await world.clock.advance(1_000);
  }

  it('a frozen target that serves the end of it late runs the guest a second time', async () => {
    const { uuid } = await world.guest();
    await freezeBeforeTheEnd(uuid);
    assert.deepEqual(world.runsOn(uuid), ['a', 'b']);
    const bootIds = new Set(world.faults.insideGuest(uuid).map(({ bootId }) => bootId));
    assert.equal(bootIds.size, 1);
  });

  it('but only once where it was to arrive paused', async () => {
    const { uuid } = await world.guest();
    await freezeBeforeTheEnd(uuid, { ...SLOW, arrivePaused: true });
    assert.deepEqual(world.runsOn(uuid), ['a']);
    const target = await world.run(world.b.domain(uuid));
    assert.deepEqual([target?.state, target?.stateReason], ['PAUSED', 'USER']);
  });

  it('and only once where a shared disk is locked', async () => {
    const disk = await world.diskOn(world.a, 'shared', 'g1.qcow2');
    const { uuid } = await world.guest('g1', [disk]);
    await freezeBeforeTheEnd(uuid);
    assert.deepEqual(world.runsOn(uuid), ['a']);
    assert.equal(await world.run(world.b.domain(uuid)), undefined);
  });

  it('goes on when the client is gone', async () => {
    const { uuid } = await world.guest();
    const migrated = failsAs('UNKNOWN_OUTCOME', world.a.migrate(uuid, address('b'), SLOW, never()));
    await world.clock.advance(2_000);
    await world.hypervisor.close();
    await migrated;
    await world.clock.advance(20_000);
    assert.deepEqual(world.runsOn(uuid), ['b']);
  });

  const losses: readonly (readonly [string, (world: World) => void, (world: World) => void])[] = [
    ['the source daemon is killed', ({ faults }) => faults.killDaemon('a'), ({ faults }) => faults.startDaemon('a')],
    ['the target daemon is killed', ({ faults }) => faults.killDaemon('b'), ({ faults }) => faults.startDaemon('b')],
    ['the target loses its power', ({ faults }) => faults.powerOff('b'), ({ faults }) => faults.powerOn('b')],
    ['the hosts do not hear each other', ({ faults }) => faults.partition('a', 'b'), ({ faults }) => faults.heal()],
    ['the source is cut off', ({ faults }) => faults.partition('a'), ({ faults }) => faults.heal('a')],
    ['the source daemon is frozen', ({ faults }) => faults.freeze('a'), ({ faults }) => faults.thaw('a')],
    ['the target daemon is frozen early', ({ faults }) => faults.freeze('b'), ({ faults }) => faults.thaw('b')],
  ];
  for (const [what, inject, mend] of losses) {
    it(`leaves the guest where it was when ${what}`, async () => {
      const { uuid } = await world.guest();
      world.faults.behave(uuid, { usedKib: 400 * 1024 });
      const migrated = assert.rejects(world.a.migrate(uuid, address('b'), SLOW, never()));
      await world.clock.advance(5_000);
      inject(world);
      await world.clock.advance(30_000);
      mend(world);
      await world.run(migrated);
      await world.clock.advance(2_000);
      assert.deepEqual(world.runsOn(uuid), ['a']);
      assert.equal(await world.run(world.b.domain(uuid)), undefined);
      const source = await world.run(world.a.domain(uuid));
      assert.equal(source?.migratingOut, false);
    });
  }

  it('loses the guest with the power of its source', async () => {
    const { uuid } = await world.guest();
    const migrated = assert.rejects(world.a.migrate(uuid, address('b'), SLOW, never()));
    await world.clock.advance(5_000);
    world.faults.powerOff('a');
    await world.run(migrated);
    world.faults.powerOn('a');
    await world.clock.advance(2_000);
    assert.equal(await world.run(world.a.domain(uuid)), undefined);
    assert.equal(await world.run(world.b.domain(uuid)), undefined);
  });

  it('leaves both ends paused when the source daemon dies before it hears that the target has the guest', async () => {
    const { uuid } = await world.guest();
    const migrated = assert.rejects(world.a.migrate(uuid, address('b'), { ...SLOW, arrivePaused: true }, never()));
    await world.clock.advance(9_900);
    world.faults.freeze('b');
    await world.clock.advance(1_000);
    world.faults.killDaemon('a');
    await world.clock.advance(200);
    world.faults.thaw('b');
    world.faults.startDaemon('a');
    await world.run(migrated);
    await world.clock.advance(2_000);
    const [source, target] = [await world.run(world.a.domain(uuid)), await world.run(world.b.domain(uuid))];
    assert.deepEqual([source?.state, source?.stateReason], ['PAUSED', 'MIGRATING']);
    assert.deepEqual([target?.state, target?.stateReason], ['PAUSED', 'USER']);
  });

  it('never ends while the guest dirties faster than it can be carried, unless it is slowed', async () => {
    const { uuid } = await world.guest();
    world.faults.behave(uuid, { dirtyBytesPerS: 50 * 1024 * 1024, workingSetKib: 60 * 1024 });
    const migrated = failsAs('JOB_ABORTED', world.a.migrate(uuid, address('b'), SLOW, never()));
    await world.clock.advance(600_000);
    const progress = await world.run(world.a.migrationProgress(uuid));
    assert.ok(progress !== undefined && (progress.iteration ?? 0) > 50);
    assert.equal(progress.throttlePercent, 0);
    await world.run(world.a.abortJob(uuid));
    await world.run(migrated);
    await world.run(world.a.migrate(uuid, address('b'), { ...SLOW, autoConverge: true }, never()));
    assert.ok(((await world.run(world.b.completedMigration(uuid)))?.throttlePercent ?? 0) >= 90);
    assert.deepEqual(world.runsOn(uuid), ['b']);
  });

  it('in post-copy runs at the target at once, and holds on to it when the hosts are cut from each other', async () => {
    const { uuid } = await world.guest();
    const migrated = surelyFails(world.a.migrate(uuid, address('b'), { ...SLOW, postcopy: true }, never()));
    await world.clock.advance(2_000);
    await world.run(world.a.startPostcopy(uuid));
    await world.clock.advance(500);
    assert.deepEqual(world.runsOn(uuid), ['b']);
    assert.equal((await world.run(world.a.domain(uuid)))?.stateReason, 'POSTCOPY');
    await surelyFails(world.run(world.a.abortJob(uuid)));
    world.faults.partition('a', 'b');
    await world.run(migrated);
    assert.equal((await world.run(world.a.domain(uuid)))?.stateReason, 'POSTCOPY_FAILED');
    assert.deepEqual(world.runsOn(uuid), ['b']);
    world.faults.heal();
    await world.clock.advance(20_000);
    assert.equal(await world.run(world.a.domain(uuid)), undefined);
    const target = await world.run(world.b.domain(uuid));
    assert.deepEqual([target?.state, target?.stateReason], ['RUNNING', 'MIGRATED']);
  });

  it('holds back what else is asked of the guest', async () => {
    const { uuid } = await world.guest();
    const migrated = world.a.migrate(uuid, address('b'), SLOW, never());
    await world.clock.advance(1_000);
    const late = failsAs('NO_DOMAIN', world.a.setMemory(uuid, 128 * 1024, { deadlineMs: 60_000 }));
    const impatient = failsAs('UNKNOWN_OUTCOME', world.a.setPluggedCpu(uuid, 4, { deadlineMs: 1_000 }));
    await failsAs('CONFLICT', world.run(world.a.migrate(uuid, address('b'), SLOW, never())));
    await world.run(Promise.all([migrated, late, impatient]));
    assert.deepEqual(world.runsOn(uuid), ['b']);
  });

  it('is refused where the target lacks something', async () => {
    const local = await world.diskOn(world.a, 'local', 'g1.qcow2');
    const guest = await world.guest('g1', [local]);
    const go = (options = OPTIONS) => world.run(world.a.migrate(guest.uuid, address('b'), options, never()));
    await failsAs('UNSUPPORTED', go());
    await failsAs('REFUSED', go({ ...OPTIONS, copyDisks: ['vda'] }));
    await world.diskOn(world.b, 'local', 'g1.qcow2');
    await world.run(world.b.create({ ...definition('other'), uuid: guest.uuid }, false));
    await failsAs('REFUSED', go({ ...OPTIONS, copyDisks: ['vda'] }));
    await world.run(world.b.destroy(guest.uuid));
    await go({ ...OPTIONS, copyDisks: ['vda'] });
    assert.deepEqual(world.runsOn(guest.uuid), ['b']);
    assert.ok((await world.run(world.a.volume('local', 'g1.qcow2'))) !== undefined, 'the source keeps its overlay');
  });
});
