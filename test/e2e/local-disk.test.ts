// Guests whose disks lie on one host alone: they are copied when the guest moves, and nothing of them stays behind. And
// guests that could not be made: nothing of them is left.

import assert from 'node:assert/strict';
import { ctl, lab, needsLab, nextBeat, virsh } from '../lab.js';
import { Datacenter, submission } from './datacenter.js';
import { beatsOnlyOn, hostsOf, hostsThatKnow, volumesIn } from './witness.js';

/** Some of the disk beyond what the base image has, and its digest, by the guest. */
const MARK = 'dd if=/dev/urandom of=/dev/vda bs=64k seek=300 count=16 2>/dev/null && sync';
const DIGEST = 'dd if=/dev/vda bs=1M 2>/dev/null | md5sum';

describe('guests on local disks of real hosts', function () {
  this.timeout(90_000);
  let dc: Datacenter;
  before(async function () {
    await needsLab().call(this);
    dc = await Datacenter.start('tls');
  });
  after(async () => await dc?.end());
  afterEach(async () => await dc.holds());

  it('copies the disk of a guest that moves, and removes it at the source', async () => {
    const seed = { guestHostname: 'db.example', sshAuthorizedKeys: [], userData: '#cloud-config\n' };
    const { hostname: source } = await dc.submit('db', { pool: 'local', seed });
    await ctl(source, 'db', 'sh', MARK);
    const digest = await ctl(source, 'db', 'sh', DIGEST);
    const { bootId } = await nextBeat(source, 'db');
    const { operation } = await dc.client.migration.migrateGuest({ vmid: 'db' });
    await dc.succeeds(operation);
    const { copiesDisks, arrivesPaused, destHost } = await dc.migration(operation);
    assert.deepEqual({ copiesDisks, arrivesPaused }, { copiesDisks: true, arrivesPaused: true });
    const arrived = await beatsOnlyOn(destHost, 'db');
    assert.deepEqual([arrived.bootId, arrived.hostname], [bootId, 'db.example']);
    await ctl(destHost, 'db', 'sh', 'echo 3 > /proc/sys/vm/drop_caches');
    assert.equal(await ctl(destHost, 'db', 'sh', DIGEST), digest);
    assert.deepEqual(await volumesIn('local', source), ['base.qcow2']);
    const { disks } = await dc.guest('db');
    const disk = disks.find(({ target }) => target === 'vda');
    const image = await lab('exec', destHost, 'qemu-img', 'info', '-U', disk?.path ?? '');
    assert.match(image, /backing file: .*\/base\.qcow2/, 'it is still an overlay');
  });

  it('leaves the disk where it is when the move is cancelled', async () => {
    const { hostname } = await dc.guest('db');
    const { operation } = await dc.client.migration.migrateGuest({ vmid: 'db', policy: { bandwidthMibPerS: 4n } });
    await dc.whenMoving(operation);
    await dc.client.operations.cancelOperation({ name: operation?.name ?? '' });
    assert.equal((await dc.ended(operation)).state, 'OPERATION_STATE_CANCELLED');
    await beatsOnlyOn(hostname, 'db');
    await ctl(hostname, 'db', 'sh', MARK);
  });

  it('removes only what it made, on both hosts, where the guest is terminated in the middle of a move', async () => {
    const { hostname } = await dc.guest('db');
    await virsh(hostname, 'vol-create-as', 'local', 'alien-data', '1M');
    const { operation } = await dc.client.migration.migrateGuest({ vmid: 'db', policy: { bandwidthMibPerS: 4n } });
    await dc.whenMoving(operation);
    const { destHost } = await dc.migration(operation);
    assert.equal((await volumesIn('local', destHost)).length, 3);
    await dc.terminate('db');
    assert.equal((await dc.ended(operation)).state, 'OPERATION_STATE_CANCELLED');
    assert.deepEqual((await volumesIn('local', hostname)).sort(), ['alien-data', 'base.qcow2']);
    assert.deepEqual(await volumesIn('local', destHost), ['base.qcow2']);
  });

  it('leaves nothing of a guest whose base image is gone from its host', async () => {
    for (const host of ['node1', 'node2', 'node3']) {
      await virsh(host, 'pool-refresh', 'shared');
      await virsh(host, 'vol-delete', '--pool', 'shared', 'base.qcow2').catch(() => 'another host has removed it');
    }
    const { operation } = await dc.client.placement.submitGuest(submission('unmade'));
    const ended = await dc.ended(operation);
    assert.equal(ended.state, 'OPERATION_STATE_FAILED');
    assert.match(ended.error?.reason ?? '', /^HOST_/);
    assert.deepEqual(await dc.guests(), []);
  });

  it('leaves nothing of a guest that libvirt cannot start', async () => {
    const { placement, guests } = dc.client;
    const xml = (await lab('base-xml')).replace(/<kernel>[^<]*/, '<kernel>/var/cache/no-such-kernel');
    await guests.importBaseGuest({
      name: 'broken',
      source: { $case: 'xml', value: xml },
      images: { vda: 'base.qcow2' },
    });
    const { operation } = await placement.submitGuest(submission('unborn', { baseGuest: 'broken', pool: 'local' }));
    const ended = await dc.ended(operation);
    assert.equal(ended.state, 'OPERATION_STATE_FAILED');
    assert.deepEqual([await hostsThatKnow('unborn'), await dc.guests()], [[], []]);
    // The name is free again.
    await dc.submit('unborn', { pool: 'local' });
    assert.equal((await hostsOf('unborn')).length, 1);
    await dc.terminate('unborn');
  });
});
