// Things that die or hang in the middle, on real hosts: the service, a libvirtd, a QEMU, a whole host. Every operation ends,
// no guest is lost by virtdc's doing, and none runs twice.

import assert from 'node:assert/strict';
import { lab, needsLab, nextBeat, virsh } from '../lab.js';
import { Datacenter, submission } from './datacenter.js';
import { beatsOnlyOn, domainsOn, HOSTS, hostsOf, hostsThatKnow, quiet } from './witness.js';

/** Longer than the lab's keepalive takes to give a peer up: 5 s x (3 + 1). */
const PEERS_GIVEN_UP_MS = 24_000;

describe('faults on real hosts', function () {
  this.timeout(120_000);
  let dc: Datacenter;
  before(async function () {
    await needsLab().call(this);
    dc = await Datacenter.start('tls');
  });
  after(async () => await dc?.end());
  afterEach(async () => {
    await lab('heal');
    await dc.holds();
  });

  const slowMove = async (vmid: string, mibPerS: bigint) => {
    const { operation } = await dc.client.migration.migrateGuest({ vmid, policy: { bandwidthMibPerS: mibPerS } });
    await dc.whenMoving(operation);
    const { destHost } = await dc.migration(operation);
    return { operation, destHost };
  };

  it('takes up a migration that went on while the service was down', async () => {
    const { hostname } = await dc.submit('mover', { restartPolicy: 'RESTART_POLICY_NEVER' });
    const { bootId } = await nextBeat(hostname, 'mover');
    const { operation, destHost } = await slowMove('mover', 16n);
    await dc.restart();
    const ended = await dc.succeeds(operation);
    assert.equal(ended.name, operation?.name);
    assert.equal((await dc.guest('mover')).hostname, destHost);
    assert.equal((await beatsOnlyOn(destHost, 'mover')).bootId, bootId);
  });

  it('brings a guest to rest at its source when the libvirtd there dies in the middle of the move', async () => {
    const { hostname } = await dc.guest('mover');
    const { bootId } = await nextBeat(hostname, 'mover');
    const { operation } = await slowMove('mover', 4n);
    await lab('kill', hostname, 'daemon');
    await lab('start', hostname);
    assert.equal((await dc.ended(operation)).state, 'OPERATION_STATE_FAILED');
    assert.deepEqual(await hostsOf('mover'), [hostname]);
    assert.equal((await beatsOnlyOn(hostname, 'mover')).bootId, bootId);
  });

  it('lets no second copy run where the target froze in the middle of the move and woke up late', async () => {
    const { hostname } = await dc.guest('mover');
    const { bootId } = await nextBeat(hostname, 'mover');
    const { operation, destHost } = await slowMove('mover', 8n);
    await lab('freeze', destHost);
    await quiet(PEERS_GIVEN_UP_MS);
    // Nobody knows what the target has done: the claims on both hosts stay.
    const { claims, operation: open } = await dc.guest('mover');
    assert.deepEqual([claims.length, open], [2, operation?.name]);
    await lab('thaw', destHost);
    const { state } = await dc.ended(operation);
    const at = (await dc.guest('mover')).hostname;
    assert.equal(at, state === 'OPERATION_STATE_SUCCEEDED' ? destHost : hostname);
    assert.deepEqual(await hostsThatKnow('mover'), [at]);
    assert.equal((await beatsOnlyOn(at, 'mover')).bootId, bootId);
  });

  it('says that a guest is lost whose QEMU was killed, and keeps its claim', async () => {
    const { hostname } = await dc.guest('mover');
    await lab('kill', hostname, 'mover');
    const { claims } = await dc.whenGuest('mover', ({ state }) => state === 'GUEST_STATE_LOST');
    assert.equal(claims.length, 1);
    await dc.succeeds((await dc.client.guests.startGuest({ vmid: 'mover' })).operation);
    await nextBeat(hostname, 'mover');
    await dc.holds();
    await dc.terminate('mover');
  });

  it('makes a guest once where libvirtd hangs for longer than a call may take', async () => {
    for (const hostname of HOSTS) if (hostname !== 'node3') await dc.client.hosts.cordonHost({ hostname });
    await lab('freeze', 'node3');
    const { operation } = await dc.client.placement.submitGuest(
      submission('patient', { restartPolicy: 'RESTART_POLICY_WITH_HOST' }),
    );
    await dc.whenHost('node3', ({ condition }) => condition === 'HOST_CONDITION_SUSPECT', 60_000);
    const { claims, hostname } = await dc.guest('patient');
    assert.deepEqual([claims.length, hostname], [1, 'node3']);
    await lab('thaw', 'node3');
    await dc.succeeds(operation);
    assert.deepEqual(await hostsOf('patient'), ['node3']);
    await nextBeat('node3', 'patient');
    for (const name of HOSTS) await dc.client.hosts.uncordonHost({ hostname: name });
  });

  it('brings a guest of a host that lost its power back with the host, also after it has moved', async () => {
    await dc.migrate('patient', 'node2');
    assert.deepEqual(await hostsThatKnow('patient'), ['node2']);
    assert.match(await virsh('node2', 'dominfo', 'patient'), /Autostart: +enable/);
    const { bootId } = await nextBeat('node2', 'patient');
    await lab('kill', 'node2');
    await dc.whenHost('node2', ({ condition }) => condition !== 'HOST_CONDITION_READY');
    assert.equal((await dc.guest('patient')).claims.length, 1);
    await lab('start', 'node2');
    await nextBeat('node2', 'patient', (beat) => beat.bootId !== bootId);
    await dc.whenGuest('patient', ({ state }) => state === 'GUEST_STATE_RUNNING');
    assert.equal((await domainsOn('node2')).length, 1);
    await dc.holds();
    await dc.terminate('patient');
  });
});
