// Real guests on real hosts: life, events, scaling, agent, console, live migration and its cancellation.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Affect,
  AgentState,
  DomainState,
  eventKinds,
  isNoDomain,
  isNoMetadata,
  isOperationAborted,
  isOperationFailed,
  isOperationInvalid,
  JobType,
  type LibvirtConnection,
  LifecycleEvent,
  libvirtSyntax,
  MemoryStatTag,
  MigrateFlag,
  parseLibvirtUri,
  ResumedDetail,
  StartedDetail,
  StatsType,
  StoppedDetail,
  SuspendedDetail,
  VcpuFlag,
} from '../../src/libvirt/client.js';
import { eventually } from '../eventually.js';
import { lab, needsLab, nextBeat } from '../lab.js';
import { EventLog } from './event-log.js';
import { boot, connectTo, guestXml, type LabGuest, sharedDisk } from './lab-guest.js';

const POLL_MS = 50;

describe('libvirt guests', function () {
  this.timeout(120_000);

  const at = { node1: new EventLog(), node2: new EventLog() };
  let node1: LibvirtConnection;
  let node2: LibvirtConnection;
  let guest: LabGuest;

  before(async function () {
    await needsLab(2).call(this);
    node1 = await connectTo('node1', { events: eventKinds, onEvent: at.node1.add });
    node2 = await connectTo('node2', { events: eventKinds, onEvent: at.node2.add });
    guest = await guestXml('rpc-guest', await sharedDisk(node1, 'rpc-guest.qcow2'));
  });
  after(async () => {
    for (const host of [node1, node2]) {
      if (host === undefined) continue;
      await host.domains.destroy(guest.uuid).catch((error: unknown) => assert.ok(isNoDomain(error), String(error)));
      const pool = await host.pools.lookup('shared');
      await host.pools.refresh(pool);
      const volume = (await host.pools.volumes(pool)).find(({ name }) => name === 'rpc-guest.qcow2');
      if (volume) await host.volumes.delete(volume);
      host.close();
    }
  });

  it('are created, described and counted', async () => {
    const domain = await boot('node1', node1, guest);
    assert.deepEqual({ ...domain, id: 0 }, { name: guest.name, uuid: guest.uuid, id: 0 });
    await at.node1.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.STARTED && detail === StartedDetail.BOOTED,
    );
    assert.deepEqual(await node1.domains.lookup(guest.uuid), domain);
    assert.deepEqual(await node1.domains.lookupByName(guest.name), domain);
    assert.ok((await node1.domains.list()).some(({ uuid }) => uuid === guest.uuid));
    assert.equal((await node1.domains.state(guest.uuid)).state, DomainState.RUNNING);
    const info = await node1.domains.info(guest.uuid);
    assert.equal(info.maxMemoryKib, 196608n);
    assert.equal(info.vcpus, 1);
    assert.ok(info.cpuTimeNs > 0n);
    assert.ok((await node1.domains.xml(guest.uuid)).includes(guest.uuid));
    assert.equal(await node1.domains.isPersistent(guest.uuid), false);
    const [stats] = await node1.domains.stats(
      StatsType.STATE | StatsType.CPU_TOTAL | StatsType.BALLOON | StatsType.VCPU | StatsType.BLOCK,
      0,
      [guest.uuid],
    );
    assert.equal(stats?.domain.uuid, guest.uuid);
    assert.equal(stats.params.number('state.state'), DomainState.RUNNING);
    assert.equal(stats.params.bigint('balloon.maximum'), 196608n);
    assert.equal(stats.params.number('vcpu.current'), 1);
    assert.equal(stats.params.string('block.0.name'), 'vda');
    assert.ok((stats.params.bigint('cpu.time') ?? 0n) > 0n);
    await assert.rejects(node2.domains.lookup(guest.uuid), isNoDomain);
    await assert.rejects(node1.domains.create(guest.xml), { name: 'LibvirtError' });
  });

  it('carry metadata of a namespace', async () => {
    const namespace = 'https://example.org/test';
    await assert.rejects(node1.domains.metadata(guest.uuid, namespace), isNoMetadata);
    await node1.domains.setMetadata(guest.uuid, namespace, 't', '<note epoch="3">é &amp; 1</note>', Affect.LIVE);
    assert.match(await node1.domains.metadata(guest.uuid, namespace), /epoch="3">é &amp; 1</);
    await at.node1.until('metadataChange', guest.uuid, (event) => event.namespace === namespace);
    await node1.domains.setMetadata(guest.uuid, namespace, 't', null, Affect.LIVE);
    await assert.rejects(node1.domains.metadata(guest.uuid, namespace), isNoMetadata);
  });

  it('are paused and resumed', async () => {
    await node1.domains.suspend(guest.uuid);
    assert.equal((await node1.domains.state(guest.uuid)).state, DomainState.PAUSED);
    await at.node1.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.SUSPENDED && detail === SuspendedDetail.PAUSED,
    );
    await node1.domains.resume(guest.uuid);
    await at.node1.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.RESUMED && detail === ResumedDetail.UNPAUSED,
    );
    await nextBeat('node1', guest.name);
  });

  it('grow by a vCPU and shrink by the balloon', async () => {
    await node1.domains.setVcpus(guest.uuid, 2, VcpuFlag.LIVE);
    assert.equal(await node1.domains.vcpus(guest.uuid, VcpuFlag.LIVE), 2);
    await nextBeat('node1', guest.name, ({ onlineCpus }) => onlineCpus === 2);
    await assert.rejects(node1.domains.setVcpus(guest.uuid, 9, VcpuFlag.LIVE), { name: 'LibvirtError' });

    await node1.domains.setMemoryStatsPeriod(guest.uuid, 1, Affect.LIVE);
    await node1.domains.setMemory(guest.uuid, 112n * 1024n, Affect.LIVE);
    await at.node1.until('balloonChange', guest.uuid, ({ actualKib }) => actualKib === 112n * 1024n);
    const stats = await node1.domains.memoryStats(guest.uuid);
    assert.equal(stats.get(MemoryStatTag.ACTUAL_BALLOON), 112n * 1024n);
    assert.ok((stats.get(MemoryStatTag.RSS) ?? 0n) > 0n);
  });

  it('answer through their agent', async () => {
    await at.node1.until('agentLifecycle', guest.uuid, ({ state }) => state === AgentState.CONNECTED);
    const answer = JSON.parse(await node1.domains.agentCommand(guest.uuid, '{"execute":"guest-get-vcpus"}')) as {
      return: unknown[];
    };
    assert.equal(answer.return.length, 2);
    assert.equal((await node1.domains.guestVcpus(guest.uuid)).string('online'), '0-1');
    await node1.domains.setGuestVcpus(guest.uuid, '1', false);
    await nextBeat('node1', guest.name, ({ onlineCpus }) => onlineCpus === 1);
    await node1.domains.setGuestVcpus(guest.uuid, '1', true);
    await nextBeat('node1', guest.name, ({ onlineCpus }) => onlineCpus === 2);
  });

  it('show their console, again and again', async () => {
    // The daemon lets go of a session a moment after it was told that it is over.
    const open = () =>
      eventually('the console is free', () => node1.domains.openConsole(guest.uuid), { tolerate: isOperationFailed });
    for (const time of ['first', 'second']) {
      const console = await open();
      let text = '';
      for await (const chunk of console) {
        text += String(chunk);
        if (/beat=[^\n]*\n/.test(text)) break;
      }
      assert.match(text, /boot=/, time);
      assert.ok(console.destroyed);
    }
    // Ended in good order instead of broken off: the daemon confirms.
    const console = await open();
    console.end('\n');
    console.resume();
    await once(console, 'close');
    assert.equal(await node1.host.hostname(), 'node1');
  });

  async function destination(name: string): Promise<string> {
    return libvirtSyntax(parseLibvirtUri(`qemu+tcp://${await lab('address', name)}/system`));
  }

  it('migrate live, watched by progress and events, without a reboot', async () => {
    const { bootId } = await nextBeat('node1', guest.name);
    await node1.migrations.setMaxSpeed(guest.uuid, 16n);
    let done = false;
    const migration = node1.migrations
      .perform(guest.uuid, await destination('node2'), [], MigrateFlag.LIVE | MigrateFlag.AUTO_CONVERGE)
      .finally(() => {
        done = true;
      });
    const samples: bigint[] = [];
    const types = new Set<number>();
    while (!done) {
      const stats = await node1.migrations.jobStats(guest.uuid).catch((error: unknown) => {
        assert.ok(isNoDomain(error) || isOperationInvalid(error), String(error));
      });
      if (stats) types.add(stats.type);
      const processed = stats?.params.bigint('memory_processed');
      if (processed !== undefined) samples.push(processed);
      await sleep(POLL_MS);
    }
    await migration;
    assert.ok(types.has(JobType.UNBOUNDED));
    assert.ok((samples.at(-1) ?? 0n) > (samples[0] ?? 0n), `progress was seen: ${samples.join(' ')}`);
    assert.equal((await nextBeat('node2', guest.name)).bootId, bootId);
    await assert.rejects(node1.domains.lookup(guest.uuid), isNoDomain);

    const iteration = await at.node1.until('migrationIteration', guest.uuid);
    assert.ok(iteration.iteration >= 1);
    const { params } = await at.node1.until('jobCompleted', guest.uuid);
    assert.ok((params.bigint('memory_total') ?? 0n) > 0n);
    assert.ok(params.has('downtime'));
    await at.node1.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.STOPPED && detail === StoppedDetail.MIGRATED,
    );
    await at.node2.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.STARTED && detail === StartedDetail.MIGRATED,
    );
    await at.node2.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.RESUMED && detail === ResumedDetail.MIGRATED,
    );
  });

  it('stay where they are when the migration is cancelled, which short calls can do beside it', async () => {
    const { bootId } = await nextBeat('node2', guest.name);
    await node2.migrations.setMaxSpeed(guest.uuid, 1n);
    const migration = node2.migrations.perform(guest.uuid, await destination('node1'), [], MigrateFlag.LIVE);
    const ended = assert.rejects(migration, isOperationAborted);
    for (;;) {
      const { type, memProcessed } = await node2.migrations.jobInfo(guest.uuid);
      if (type === JobType.UNBOUNDED && memProcessed > 0n) break;
      await sleep(POLL_MS);
    }
    assert.equal(await node2.host.hostname(), 'node2');
    await node2.migrations.abortJob(guest.uuid);
    await ended;
    assert.equal((await nextBeat('node2', guest.name)).bootId, bootId);
    await assert.rejects(node1.domains.lookup(guest.uuid), isNoDomain);
  });

  it('arrive paused when that is asked for', async () => {
    await node2.migrations.setMaxSpeed(guest.uuid, 1024n);
    await node2.migrations.perform(guest.uuid, await destination('node1'), [], MigrateFlag.LIVE | MigrateFlag.PAUSED);
    assert.equal((await node1.domains.state(guest.uuid)).state, DomainState.PAUSED);
    await node1.domains.resume(guest.uuid);
    await nextBeat('node1', guest.name);
  });

  it('reboot, and end', async () => {
    await node1.domains.reset(guest.uuid);
    await at.node1.until('reboot', guest.uuid);
    await node1.domains.destroy(guest.uuid);
    await at.node1.until(
      'lifecycle',
      guest.uuid,
      ({ event, detail }) => event === LifecycleEvent.STOPPED && detail === StoppedDetail.DESTROYED,
    );
    await assert.rejects(node1.domains.state(guest.uuid), isNoDomain);
  });
});
