// The main job on real hosts, over TLS: a guest is submitted, watched, moved, scaled, rebooted, stopped and terminated;
// what came of it is read from virsh and from inside the guest.

import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import { type Beat, beats, ctl, needsLab, nextBeat, virsh } from '../lab.js';
import { Datacenter, submission } from './datacenter.js';
import { Watched } from './watched.js';
import { beatsOnlyOn, domainsOn, hostsOf } from './witness.js';

const MIB = 1024;

describe('the main job on real hosts', function () {
  this.timeout(90_000);
  let dc: Datacenter;
  let watched: Watched;
  let boot = '';
  before(async function () {
    await needsLab().call(this);
    dc = await Datacenter.start('tls');
    watched = new Watched(dc.client);
  });
  after(async () => {
    await watched?.stop();
    await dc?.end();
  });
  afterEach(async () => await dc.holds());

  const hostOf = async (): Promise<string> => (await dc.guest('web')).hostname;
  const beat = async (wanted?: (beat: Beat) => boolean): Promise<Beat> => await nextBeat(await hostOf(), 'web', wanted);

  it('submits a guest, and shows its addresses once its agent tells them', async () => {
    const { operation, guest, decision } = await dc.client.placement.submitGuest(
      submission('web', { seed: { guestHostname: 'web.example', sshAuthorizedKeys: [], userData: '' } }),
    );
    assert.equal(guest?.state, 'GUEST_STATE_PENDING');
    assert.equal(decision?.winner, guest.hostname);
    await dc.succeeds(operation);
    const first = await nextBeat(guest.hostname, 'web', ({ address }) => address !== '');
    boot = first.bootId;
    assert.equal(first.hostname, 'web.example');
    assert.deepEqual(await hostsOf('web'), [guest.hostname]);
    const told = await dc.whenGuest('web', ({ observed }) => (observed?.addresses ?? []).includes(first.address));
    assert.equal(told.observed?.bootId, boot);
    assert.equal(told.observed?.onlineCpu, first.onlineCpus);
    assert.deepEqual(watched.statesOf('web'), ['PENDING', 'STARTING', 'RUNNING']);
  });

  it('moves it live between hosts that share its disk, with progress, under one boot id', async () => {
    const source = await hostOf();
    const from = watched.events.length;
    await ctl(source, 'web', 'set', 'remember me');
    const { operation } = await dc.client.migration.migrateGuest({ vmid: 'web', policy: { bandwidthMibPerS: 32n } });
    const figures: number[] = [];
    for await (const { migration } of dc.client.migration.watchMigration({ operation: operation?.name ?? '' })) {
      if (migration?.progress !== undefined) figures.push(Number(migration.progress.bytesProcessed ?? 0n));
    }
    const ended = await dc.succeeds(operation);
    const { result, destHost, arrivesPaused, copiesDisks } = await dc.migration(operation);
    assert.ok(figures.length > 0 && Math.max(...figures) > 0, `progress: ${figures.join(' ')}`);
    assert.deepEqual({ arrivesPaused, copiesDisks }, { arrivesPaused: true, copiesDisks: false });
    assert.ok((result?.blackoutMs ?? 0n) > 0n && (result?.bytesTotal ?? 0n) > 0n, 'figures of the move');
    assert.equal(ended.progressPercent, 100);
    assert.notEqual(destHost, source);
    assert.deepEqual(await hostsOf('web'), [destHost]);
    const arrived = await beatsOnlyOn(destHost, 'web');
    assert.equal(arrived.bootId, boot);
    const lastAtSource = (await beats(source, 'web')).at(-1)?.beat ?? 0;
    const firstAtDest = (await beats(destHost, 'web'))[0]?.beat ?? 0;
    assert.ok(lastAtSource < firstAtDest, `beat ${lastAtSource} at the source, then ${firstAtDest}`);
    assert.equal(await ctl(destHost, 'web', 'get'), 'remember me');
    await watched.event(
      ({ event }) =>
        event?.$case === 'upserted' && event.value.state === 'GUEST_STATE_RUNNING' && event.value.hostname === destHost,
      from,
    );
    assert.deepEqual(watched.statesOf('web', from), ['MIGRATING', 'RUNNING']);
  });

  it('cancels a migration in flight, and the guest stays', async () => {
    const source = await hostOf();
    const { operation } = await dc.client.migration.migrateGuest({ vmid: 'web', policy: { bandwidthMibPerS: 4n } });
    await dc.whenMoving(operation);
    await dc.client.migration.cancelMigration({ operation: operation?.name ?? '' });
    const ended = await dc.ended(operation);
    assert.equal(ended.state, 'OPERATION_STATE_CANCELLED', JSON.stringify(ended.error));
    assert.equal(await hostOf(), source);
    assert.equal((await beat()).bootId, boot);
  });

  it('adds vCPUs, and takes them back', async () => {
    const { scaling } = dc.client;
    await dc.succeeds((await scaling.scaleCpu({ vmid: 'web', cpu: 3 })).operation);
    await beat(({ onlineCpus }) => onlineCpus === 3);
    assert.equal((await domainsOn(await hostOf()))[0]?.pluggedCpu, 3);
    await dc.succeeds((await scaling.scaleCpu({ vmid: 'web', cpu: 2 })).operation);
    assert.equal((await beat(({ onlineCpus }) => onlineCpus === 2)).bootId, boot);
    const { currentCpu, claims, observed } = await dc.guest('web');
    // Without KVM a vCPU is not unplugged, only taken offline: the guest could take it back, so it stays claimed.
    assert.deepEqual([currentCpu, observed?.onlineCpu, observed?.pluggedCpu, claims[0]?.resources?.cpu], [2, 2, 3, 3]);
  });

  it('takes memory back, and gives it', async () => {
    const { scaling } = dc.client;
    const before = await dc.guest('web');
    await dc.succeeds((await scaling.scaleMemory({ vmid: 'web', memoryKib: BigInt(200 * MIB) })).operation);
    assert.equal((await domainsOn(await hostOf()))[0]?.balloonKib, 200 * MIB);
    const large = await beat();
    await dc.succeeds((await scaling.scaleMemory({ vmid: 'web', memoryKib: BigInt(112 * MIB) })).operation);
    assert.equal((await domainsOn(await hostOf()))[0]?.balloonKib, 112 * MIB);
    const small = await beat(({ memTotalKib }) => memTotalKib <= large.memTotalKib - 80 * MIB);
    assert.equal(small.bootId, boot);
    const after = await dc.guest('web');
    assert.equal(after.currentMemoryKib, BigInt(112 * MIB));
    assert.ok((after.claims[0]?.resources?.memoryKib ?? 0n) < (before.claims[0]?.resources?.memoryKib ?? 0n));
  });

  it('asks for the sizes again after a reboot, and keeps free what the guest took back meanwhile', async () => {
    const host = await hostOf();
    await dc.succeeds((await dc.client.guests.rebootGuest({ vmid: 'web' })).operation);
    const fresh = await beat(({ bootId }) => bootId !== boot);
    boot = fresh.bootId;
    await eventually('the balloon is as asked', async () => (await domainsOn(host))[0]?.balloonKib === 112 * MIB, {
      withinMs: 40_000,
    });
    await nextBeat(host, 'web', ({ onlineCpus }) => onlineCpus === 2);
    await dc.whenGuest('web', ({ observed }) => observed?.bootId === boot && observed.onlineCpu === 2);
  });

  it('pauses and resumes it', async () => {
    const host = await hostOf();
    await dc.succeeds((await dc.client.guests.pauseGuest({ vmid: 'web' })).operation);
    assert.equal(await virsh(host, 'domstate', 'web'), 'paused');
    await dc.holds();
    await dc.succeeds((await dc.client.guests.resumeGuest({ vmid: 'web' })).operation);
    assert.equal(await virsh(host, 'domstate', 'web'), 'running');
    assert.equal((await beat()).bootId, boot);
  });

  it('sees what was done by hand', async () => {
    const host = await hostOf();
    const from = watched.events.length;
    await virsh(host, 'suspend', 'web');
    await watched.event(({ event }) => event?.$case === 'upserted' && event.value.state === 'GUEST_STATE_PAUSED', from);
    await virsh(host, 'resume', 'web');
    await dc.whenGuest('web', ({ state }) => state === 'GUEST_STATE_RUNNING');
  });

  it('stops it, with its claim and disks kept, and starts it again with its sizes', async () => {
    await dc.succeeds((await dc.client.guests.stopGuest({ vmid: 'web' })).operation);
    const stopped = await dc.guest('web');
    assert.equal(stopped.state, 'GUEST_STATE_STOPPED');
    assert.deepEqual(await hostsOf('web'), []);
    assert.equal(stopped.claims.length, 1);
    await dc.holds();
    await dc.succeeds((await dc.client.guests.startGuest({ vmid: 'web' })).operation);
    const fresh = await beat(({ bootId }) => bootId !== boot);
    assert.equal(fresh.onlineCpus, 2);
  });

  it('terminates it: its disks are gone, and the hosts have all they had', async () => {
    const from = watched.events.length;
    await dc.terminate('web');
    await watched.event(({ event }) => event?.$case === 'deleted' && event.value.vmid === 'web', from);
    assert.deepEqual(watched.statesOf('web', from), ['TERMINATING', 'TERMINATED']);
    for (const hostname of ['node1', 'node2', 'node3']) {
      const { availCpu, maxCpu, availMemoryKib, maxMemoryKib, availIoKib, maxIoKib } = await dc.host(hostname);
      assert.deepEqual([availCpu, availMemoryKib, availIoKib], [maxCpu, maxMemoryKib, maxIoKib]);
    }
  });
});
