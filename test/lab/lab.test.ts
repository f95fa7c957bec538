// The lab's hosts: every way into them, from one to another, what they offer, and the faults that can be made.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lab, labDir, needsLab, upOnce, virsh } from '../lab.js';

const run = promisify(execFile);
const hosts = ['node1', 'node2', 'node3'];

async function state(host: string): Promise<string> {
  const line = (await lab('status')).split('\n').find((each) => each.startsWith(`${host} `));
  return line?.split(/\s+/)[1] ?? 'none';
}

describe('lab hosts', function () {
  this.timeout(60_000);
  before(needsLab(3));
  afterEach(() => upOnce(3));

  for (const way of ['unix', 'ro', 'tcp', 'tls', 'ssh']) {
    it(`can be reached by ${way}`, async () => {
      const { stdout } = await run('virsh', ['-q', '-c', await lab('uri', 'node2', way), 'hostname']);
      assert.equal(stdout.trim(), 'node2');
    });
  }

  it("accept SSH with the lab's key and known host keys alone", async () => {
    const { stdout } = await run('ssh', [
      ...['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'],
      ...['-o', `UserKnownHostsFile=${await lab('known-hosts')}`, '-i', await lab('ssh-key')],
      ...[`root@${await lab('address', 'node3')}`, 'cat /proc/sys/kernel/hostname'],
    ]);
    assert.equal(stdout.trim(), 'node3');
  });

  for (const transport of ['tcp', 'tls']) {
    it(`dial each other by ${transport}`, async () => {
      for (const from of hosts) {
        for (const to of hosts.filter((host) => host !== from)) {
          const uri = `qemu+${transport}://${await lab('address', to)}/system`;
          assert.equal(await lab('exec', from, 'virsh', '-q', '-c', uri, 'hostname'), to);
        }
      }
    });
  }

  it('have a UUID each, and tell virtdc its own form of URI', async () => {
    const uuids = await Promise.all(
      hosts.map(async (host) => (await virsh(host, 'capabilities')).match(/<uuid>(.*)</)?.[1]),
    );
    assert.equal(new Set(uuids).size, 3);
    assert.equal(await lab('uri', 'node1', 'virtdc'), `qemu+unix://${labDir}/node1/run/libvirt-sock`);
  });

  it('are listed in a nodeinfo.xml', async () => {
    const xml = await lab('nodeinfo', '3');
    assert.deepEqual(
      [...xml.matchAll(/<hostname>(.*)<\/hostname>/g)].map((match) => match[1]),
      hosts,
    );
    assert.equal(xml.match(/<cpu_core unit="cores">8<\/cpu_core><memory unit="GiB">2</g)?.length, 6);
  });

  it('have a pool of their own and one in common', async () => {
    await virsh('node1', 'vol-create-as', 'local', 'mine', '1M');
    await virsh('node1', 'vol-create-as', 'shared', 'ours', '1M');
    await virsh('node2', 'pool-refresh', 'local');
    await virsh('node2', 'pool-refresh', 'shared');
    assert.match(await virsh('node2', 'vol-list', '--pool', 'shared'), /ours/);
    assert.doesNotMatch(await virsh('node2', 'vol-list', '--pool', 'local'), /mine/);
    await virsh('node1', 'vol-delete', '--pool', 'local', 'mine');
    await virsh('node2', 'vol-delete', '--pool', 'shared', 'ours');
  });

  it('have a libvirt network on the bridge that their guests share', async () => {
    for (const host of hosts) assert.match(await virsh(host, 'net-dumpxml', 'lab'), /<bridge name='br0'\/>/);
    assert.match(await virsh('node1', 'net-list'), /lab +active +yes/);
  });

  it('lose everything that runs when killed, and come back with their pools', async () => {
    await lab('kill', 'node3');
    assert.equal(await state('node3'), 'off');
    await assert.rejects(virsh('node3', 'hostname'));
    await lab('start', 'node3');
    assert.match(await virsh('node3', 'pool-list'), /local +active.*shared +active/s);
  });

  it('lose their libvirtd alone when that is killed', async () => {
    await lab('kill', 'node3', 'daemon');
    assert.equal(await state('node3'), 'no-daemon');
    await lab('start', 'node3');
    assert.match(await virsh('node3', 'pool-list'), /local +active.*shared +active/s);
  });

  it('answer nobody while frozen', async () => {
    await lab('freeze', 'node2');
    assert.equal(await state('node2'), 'frozen');
    const uri = await lab('uri', 'node2');
    await assert.rejects(run('virsh', ['-c', uri, 'hostname'], { timeout: 1_000 }));
    await lab('thaw', 'node2');
    assert.equal(await virsh('node2', 'hostname'), 'node2');
  });

  it('are off the network when partitioned, but not off their unix socket', async () => {
    const uri = await lab('uri', 'node2', 'tcp');
    await lab('partition', 'node2');
    assert.equal(await state('node2'), 'up,partitioned');
    await assert.rejects(run('virsh', ['-c', uri, 'hostname'], { timeout: 2_000 }));
    assert.equal(await virsh('node2', 'hostname'), 'node2');
    await lab('heal', 'node2');
    assert.equal((await run('virsh', ['-q', '-c', uri, 'hostname'])).stdout.trim(), 'node2');
  });

  it('lose one another, and nobody else, when two are partitioned', async () => {
    const from = async (host: string, to: string): Promise<string> =>
      await lab(
        'exec',
        host,
        'timeout',
        '2',
        'virsh',
        '-q',
        '-c',
        `qemu+tcp://${await lab('address', to)}/system`,
        'hostname',
      );
    await lab('partition', 'node1', 'node2');
    assert.equal(await state('node1'), 'up,cut');
    await assert.rejects(from('node1', 'node2'));
    await assert.rejects(from('node2', 'node1'));
    assert.equal(await from('node1', 'node3'), 'node3');
    assert.equal(await from('node3', 'node2'), 'node2');
    await lab('heal');
    assert.equal(await from('node1', 'node2'), 'node2');
  });

  it('refuse what is not theirs', async () => {
    await assert.rejects(lab('uri', 'node9'), /no such host: node9/);
    await assert.rejects(lab('uri', '../node1'), /no such host/);
    await assert.rejects(lab('ctl', 'node1', 'nobody', 'ping'), /no guest nobody on node1/);
    assert.ok(existsSync(join(labDir, 'settings')));
    assert.match(readFileSync(await lab('known-hosts'), 'utf8'), /ssh-ed25519/);
  });
});
