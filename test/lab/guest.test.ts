// The lab's guest on the lab's hosts: that it migrates, grows, shrinks and answers as virtdc's tests will need it to.

import assert from 'node:assert/strict';
import { bootId, ctl, lab, needsLab, nextBeat, virsh } from '../lab.js';
import { createGuest, makeOverlay, type PoolName, removeGuest, virshWithFile, volumePath } from './guest-of.js';

async function migrate(guest: string, from: string, to: string, transport: string, ...flags: string[]): Promise<void> {
  const uri = `qemu+${transport}://${await lab('address', to)}/system`;
  await virsh(from, 'migrate', guest, uri, '--live', '--p2p', ...flags);
}

async function isThere(host: string, guest: string): Promise<boolean> {
  return (await virsh(host, 'list', '--name')).split('\n').includes(guest);
}

describe('lab guests', function () {
  this.timeout(120_000);
  before(needsLab(3));

  it('migrate live over tcp and over tls when their disk is shared', async () => {
    await createGuest('node1', 'shared', 'roamer');
    const boot = await bootId('node1', 'roamer');
    assert.equal(
      await ctl('node1', 'roamer', 'sh', 'dd if=/dev/vda bs=21 count=1 2> /dev/null'),
      'virtdc-lab base image',
    );

    await migrate('roamer', 'node1', 'node2', 'tcp');
    assert.equal((await nextBeat('node2', 'roamer')).bootId, boot);
    assert.ok(!(await isThere('node1', 'roamer')));

    await migrate('roamer', 'node2', 'node3', 'tls', '--tls');
    assert.equal((await nextBeat('node3', 'roamer')).bootId, boot);
    assert.ok(!(await isThere('node2', 'roamer')));
    await removeGuest('node3', 'shared', 'roamer');
  });

  it('migrate with a local disk when the target has an overlay of the same image', async () => {
    await createGuest('node1', 'local', 'mover');
    const boot = await bootId('node1', 'mover');
    await ctl(
      'node1',
      'mover',
      'sh',
      'echo written by the guest | dd of=/dev/vda bs=512 seek=2048 conv=sync,fsync 2> /dev/null',
    );
    await makeOverlay('node2', 'local', 'mover');
    await migrate('mover', 'node1', 'node2', 'tls', '--copy-storage-inc');
    assert.equal((await nextBeat('node2', 'mover')).bootId, boot);
    await ctl('node2', 'mover', 'sh', 'echo 3 > /proc/sys/vm/drop_caches');
    const read = await ctl('node2', 'mover', 'sh', 'dd if=/dev/vda bs=512 skip=2048 count=1 2> /dev/null | head -n 1');
    assert.equal(read, 'written by the guest');
    await removeGuest('node2', 'local', 'mover', ['node1', 'node2']);
  });

  describe('one that stays', () => {
    const pool: PoolName = 'local';
    before(() => createGuest('node1', pool, 'stayer'));
    after(() => removeGuest('node1', pool, 'stayer'));

    it('shows more CPUs after a hot-plug, and fewer after the agent took them offline', async () => {
      await virsh('node1', 'setvcpus', 'stayer', '3', '--live');
      await nextBeat('node1', 'stayer', (beat) => beat.onlineCpus === 3);
      await virsh('node1', 'setvcpus', 'stayer', '1', '--guest');
      const beat = await nextBeat('node1', 'stayer', ({ onlineCpus }) => onlineCpus === 1);
      assert.equal(beat.cpus, '0');
    });

    it('shows the memory that the balloon leaves it', async () => {
      const { memTotalKib } = await nextBeat('node1', 'stayer');
      await virsh('node1', 'setmem', 'stayer', '200M', '--live');
      await nextBeat('node1', 'stayer', (beat) => beat.memTotalKib > memTotalKib + 60 * 1024);
      await virsh('node1', 'setmem', 'stayer', '128M', '--live');
      await nextBeat('node1', 'stayer', (beat) => beat.memTotalKib <= memTotalKib);
      assert.match(await virsh('node1', 'dommemstat', 'stayer'), /usable \d+/);
    });

    it('answers through its agent, with its address', async () => {
      const { address, bootId: boot } = await nextBeat('node1', 'stayer');
      assert.match(
        await virsh('node1', 'domifaddr', 'stayer', '--source', 'agent'),
        new RegExp(`eth0 .*${address}/24`),
      );
      const open = await agent('stayer', 'guest-file-open', { path: '/proc/sys/kernel/random/boot_id' });
      const content = await agent('stayer', 'guest-file-read', { handle: open });
      assert.ok(typeof content === 'object' && content !== null && 'buf-b64' in content);
      assert.equal(Buffer.from(String(content['buf-b64']), 'base64').toString().trim(), boot);
    });

    it('can be made busy and asked how it is', async () => {
      await ctl('node1', 'stayer', 'set', 'kept', 'in', 'memory');
      assert.equal(await ctl('node1', 'stayer', 'get'), 'kept in memory');
      await ctl('node1', 'stayer', 'mem', '16');
      await ctl('node1', 'stayer', 'mem', '0');
      assert.match(await ctl('node1', 'stayer', 'stat'), /boot=.*\nmemavailable=\d+/);
      await assert.rejects(ctl('node1', 'stayer', 'frobnicate'));
    });

    it('has another boot id after a reboot', async () => {
      const boot = await bootId('node1', 'stayer');
      await virsh('node1', 'reset', 'stayer');
      await nextBeat('node1', 'stayer', (beat) => beat.bootId !== boot);
    });
  });

  it('take their name from a NoCloud seed', async () => {
    await virsh('node1', 'vol-create-as', 'local', 'seed.img', '1M');
    const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/>
      <source file='${volumePath('local', 'seed.img')}'/><target dev='vdb' bus='virtio'/></disk>`;
    // The first guest writes the file system, so that the test needs no tool for it.
    await createGuest('node1', 'local', 'writer');
    await virshWithFile('node1', disk, (file) => ['attach-device', 'writer', file, '--live']);
    await ctl('node1', 'writer', 'sh', 'while [ ! -b /dev/vdb ]; do sleep 0.1; done; mkdosfs -n CIDATA /dev/vdb');
    await ctl(
      'node1',
      'writer',
      'sh',
      'mount -t vfat /dev/vdb /mnt && echo "local-hostname: seeded" > /mnt/meta-data && umount /mnt',
    );
    await removeGuest('node1', 'local', 'writer');

    await createGuest('node1', 'local', 'reader', disk);
    await nextBeat('node1', 'reader', (beat) => beat.hostname === 'seeded');
    await removeGuest('node1', 'local', 'reader');
    await virsh('node1', 'vol-delete', '--pool', 'local', 'seed.img');
  });

  it('end when their QEMU is killed, and go on when only the libvirtd is', async () => {
    await createGuest('node2', 'local', 'victim');
    const boot = await bootId('node2', 'victim');
    await lab('kill', 'node2', 'daemon');
    await lab('start', 'node2');
    assert.equal(await bootId('node2', 'victim'), boot);
    await lab('kill', 'node2', 'victim');
    while (await isThere('node2', 'victim'));
    await virsh('node2', 'vol-delete', '--pool', 'local', 'victim.qcow2');
  });
});

async function agent(guest: string, execute: string, args: object): Promise<unknown> {
  const request = JSON.stringify({ execute, arguments: args });
  const answer: unknown = JSON.parse(await virsh('node1', 'qemu-agent-command', guest, request));
  assert.ok(typeof answer === 'object' && answer !== null && 'return' in answer);
  return answer.return;
}
