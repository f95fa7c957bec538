// Every way in, against real daemons: each works, and none lets the wrong peer in.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectFailedError, type ConnectOptions, connectLibvirt, parseLibvirtUri } from '../../src/libvirt/client.js';
import { lab, labDir, needsLab } from '../lab.js';

const failure = (kind: string, code?: string) => (error: unknown) => {
  assert.ok(error instanceof ConnectFailedError, String(error));
  assert.equal(error.failure, kind, error.message);
  assert.equal(error.outcome, 'NOT_SENT');
  if (code !== undefined) assert.equal(error.code, code);
  return true;
};

describe('libvirt transports', function () {
  this.timeout(60_000);
  let address: string;
  let credentials: ConnectOptions;
  let folder: string;
  const socket = join(labDir, 'node1/run/libvirt-sock');

  before(async function () {
    await needsLab(2).call(this);
    address = await lab('address', 'node1');
    credentials = {
      pkiDirectory: await lab('pki'),
      ssh: { keyFile: await lab('ssh-key'), knownHostsFile: await lab('known-hosts') },
    };
    folder = await mkdtemp(join(tmpdir(), 'virtdc-libvirt-'));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const ways: [string, string, () => string][] = [
    ['qemu+unix', 'QEMU', () => `qemu+unix://${socket}`],
    ['test+unix', 'TEST', () => `test+unix://${socket}`],
    ['qemu+tcp', 'QEMU', () => `qemu+tcp://${address}/system`],
    ['qemu+tls', 'QEMU', () => `qemu+tls://${address}/system`],
    ['qemu+ssh', 'QEMU', () => `qemu+ssh://root@${address}/system`],
  ];
  for (const [way, driver, uri] of ways) {
    it(`carries calls through ${way}`, async () => {
      const host = await connectLibvirt(parseLibvirtUri(uri()), credentials);
      assert.equal(await host.host.type(), driver);
      assert.equal(await host.host.hostname(), 'node1');
      assert.ok((await host.host.libvirtVersion()) >= 9_000_000);
      // Large, and many at once.
      const answers = await Promise.all(Array.from({ length: 100 }, () => host.host.capabilities()));
      assert.ok(answers.every((xml) => xml.includes('<capabilities>') && xml === answers[0]));
      host.close();
      assert.equal((await host.closed).kind, 'LOCAL');
      await assert.rejects(host.host.hostname(), { name: 'ConnectionClosedError', outcome: 'NOT_SENT' });
    });
  }

  it('keeps a burst of calls over TLS going without the help of a ping', async () => {
    const limits = { callDeadlineMs: 4_000, keepaliveIntervalMs: 60_000 };
    const host = await connectLibvirt(parseLibvirtUri(`qemu+tls://${address}/system`), { ...credentials, limits });
    for (let burst = 0; burst < 50; burst++) {
      await Promise.all(Array.from({ length: 20 }, () => host.host.hostname()));
    }
    host.close();
  });

  it('says why a socket could not be connected to', async () => {
    const dial = (uri: string) => connectLibvirt(parseLibvirtUri(uri), credentials);
    await assert.rejects(dial(`qemu+unix://${labDir}/none`), failure('SOCKET', 'ENOENT'));
    await assert.rejects(dial(`qemu+tcp://${address}:1/system`), failure('SOCKET', 'ECONNREFUSED'));
    await assert.rejects(dial(`qemu+tls://${address}:1/system`), failure('TLS', 'ECONNREFUSED'));
  });

  it('gives a connection up that is not made in time, or not wanted any more', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const uri = parseLibvirtUri(`qemu+tcp://127.0.0.1:${port}/system`);
    await assert.rejects(connectLibvirt(uri, { limits: { connectDeadlineMs: 20 } }), failure('DEADLINE'));
    await assert.rejects(connectLibvirt(uri, { signal: AbortSignal.abort() }), failure('ABORTED'));
    const abort = new AbortController();
    const attempt = connectLibvirt(uri, { signal: abort.signal });
    await once(mute, 'connection');
    abort.abort();
    await assert.rejects(attempt, failure('ABORTED'));
    mute.close();
  });

  it('refuses a TLS peer whose certificate is for another address', async () => {
    const relay = createServer((near) => {
      const far = connect(16514, address);
      near.pipe(far).pipe(near);
      for (const end of [near, far]) end.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    for (const name of ['127.0.0.1', 'localhost']) {
      const uri = parseLibvirtUri(`qemu+tls://${name}:${port}/system`);
      await assert.rejects(connectLibvirt(uri, credentials), failure('TLS', 'ERR_TLS_CERT_ALTNAME_INVALID'));
    }
    relay.close();
  });

  it('refuses a TLS peer of another authority, and is refused with a certificate of another', async () => {
    const key = join(folder, 'clientkey.pem');
    const own = join(folder, 'clientcert.pem');
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=x',
    ];
    execFileSync('openssl', [...request, '-keyout', key, '-out', own], { stdio: 'ignore' });
    const uri = parseLibvirtUri(`qemu+tls://${address}/system`);
    await copyFile(own, join(folder, 'cacert.pem'));
    await assert.rejects(connectLibvirt(uri, { pkiDirectory: folder }), failure('TLS'));
    await copyFile(join(credentials.pkiDirectory ?? '', 'cacert.pem'), join(folder, 'cacert.pem'));
    await assert.rejects(connectLibvirt(uri, { pkiDirectory: folder }), failure('TLS'));
    await assert.rejects(connectLibvirt(uri, { pkiDirectory: labDir }), failure('CREDENTIALS', 'ENOENT'));
    await assert.rejects(connectLibvirt(uri), failure('CREDENTIALS'));
  });

  it('refuses an SSH host whose key is not known, and a key the host does not know', async () => {
    const uri = parseLibvirtUri(`qemu+ssh://root@${address}/system`);
    const empty = join(folder, 'known hosts 100%');
    await writeFile(empty, '');
    await assert.rejects(connectLibvirt(uri, { ssh: { ...credentials.ssh, knownHostsFile: empty } }), failure('SSH'));
    const stranger = join(folder, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
    await assert.rejects(connectLibvirt(uri, { ssh: { ...credentials.ssh, keyFile: stranger } }), failure('SSH'));
  });
});
