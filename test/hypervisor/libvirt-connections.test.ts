// How the libvirt adapter reaches hosts, and how hosts reach each other: every transport, and what is refused.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import type { LibvirtOptions } from '../../src/hypervisor/libvirt/options.js';
import { PROBE_NAME } from '../../src/hypervisor/libvirt/probe.js';
import { type Hypervisor, HypervisorError } from '../../src/ports/hypervisor.js';
import { probeDomain } from '../../src/xml/probe-domain.js';
import { lab, needsLab, virsh } from '../lab.js';
import { failsAs } from './expect.js';
import { labHost, labHostBy, type Way } from './libvirt-lab.js';

describe('the libvirt adapter, without a lab', () => {
  const address = (uri: string) => ({ hostname: 'h', uri, migrationUri: uri });
  const refused = (uri: string, options: LibvirtOptions = {}) =>
    assert.throws(
      () => libvirtHypervisor(options).host(address(uri)),
      (error) => error instanceof HypervisorError && error.kind === 'UNSUPPORTED',
      uri,
    );

  it('refuses what would run a command, read a file or send in the clear', () => {
    refused('qemu+ssh://h1/system?command=/tmp/x');
    refused('qemu+ext:///?command=/tmp/x');
    refused('qemu+ssh://-oProxyCommand=x/system');
    refused('test:///etc/passwd');
    refused('qemu+unix:///run/../etc/passwd');
    refused('qemu+tcp://h1/system');
    refused('test+unix:///run/libvirt/libvirt-sock');
  });

  it('does not migrate to a URI that only the target itself can dial', async () => {
    const hypervisor = libvirtHypervisor({});
    const driver = hypervisor.host(address('qemu+unix:///nowhere/libvirt-sock'));
    await failsAs('UNSUPPORTED', driver.dialPeer(address('qemu+unix:///nowhere/other-sock')));
    await failsAs('UNSUPPORTED', driver.dialPeer({ ...address('x'), migrationUri: 'qemu+tcp://h2/system' }));
    await hypervisor.close();
  });

  it('says at once that a host without a daemon is not reached', async () => {
    const hypervisor = libvirtHypervisor({});
    const driver = hypervisor.host(address('qemu+unix:///nowhere/libvirt-sock'));
    const heard: string[] = [];
    const stop = new AbortController();
    driver.listen(
      { event: () => undefined, connected: () => heard.push('up'), disconnected: () => heard.push('down') },
      stop.signal,
    );
    await failsAs('UNREACHABLE', driver.domains());
    await failsAs('UNREACHABLE', driver.facts({ deadlineMs: 5_000 }));
    assert.deepEqual(heard, ['down']);
    stop.abort();
    await driver.close();
    await failsAs('UNREACHABLE', driver.domains());
    assert.notEqual(hypervisor.host(address('qemu+unix:///nowhere/libvirt-sock')), driver);
    await hypervisor.close();
  });
});

describe('the libvirt adapter in the lab', function () {
  this.timeout(90_000);
  let options: LibvirtOptions;
  let hypervisor: Hypervisor | undefined;
  const get = (): Hypervisor => {
    assert.ok(hypervisor);
    return hypervisor;
  };

  before(async function () {
    await needsLab(2).call(this);
    options = {
      insecureTransports: true,
      pkiDirectory: await lab('pki'),
      ssh: { keyFile: await lab('ssh-key'), knownHostsFile: await lab('known-hosts') },
    };
    hypervisor = libvirtHypervisor(options);
  });
  after(() => hypervisor?.close());

  for (const way of ['tcp', 'tls', 'ssh'] as const satisfies readonly Way[]) {
    it(`reaches a host by ${way}`, async () => {
      const driver = get().host(await labHostBy('node1', way));
      const facts = await driver.facts();
      assert.equal(facts.libvirtHostname, 'node1');
      assert.match(facts.libvirtVersion, /^\d+\.\d+\.\d+$/);
      assert.ok(facts.bridges.includes('br0'), JSON.stringify(facts.bridges));
      await driver.close();
    });
  }

  it('takes no host whose certificate or key is another one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'virtdc-known-hosts-'));
    try {
      const knownHostsFile = join(directory, 'known_hosts');
      await writeFile(knownHostsFile, '');
      const strict = libvirtHypervisor({ ...options, ssh: { ...options.ssh, knownHostsFile } });
      await failsAs('UNREACHABLE', strict.host(await labHostBy('node1', 'ssh')).domains());
      await strict.close();
      const without = libvirtHypervisor({ ...options, pkiDirectory: directory });
      await failsAs('UNREACHABLE', without.host(await labHostBy('node1', 'tls')).domains());
      await without.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('dials a peer by tls, and leaves nothing behind', async () => {
    await get()
      .host(await labHost('node1'))
      .dialPeer(await labHost('node2', 'tls'));
    await leavesNothing();
  });

  it('says that a peer cannot be dialed, and leaves nothing behind', async () => {
    const [node1, node2] = [await labHost('node1'), await labHost('node2')];
    await lab('kill', 'node2', 'daemon');
    try {
      await failsAs('REFUSED', get().host(node1).dialPeer(node2));
    } finally {
      await lab('start', 'node2');
    }
    // Reached from here, and not from the other host: the daemon answers on its socket, but not at this port.
    const wrongPort = { ...node2, migrationUri: node2.migrationUri.replace('/system', ':16510/system') };
    await failsAs('REFUSED', get().host(node1).dialPeer(wrongPort));
    await leavesNothing();
  });

  it('clears away a probe that was left behind, and never lists one', async () => {
    const uuid = '6d9f0a10-0000-4000-8000-00000000feed';
    const directory = await mkdtemp(join(tmpdir(), 'virtdc-probe-'));
    try {
      const file = join(directory, 'probe.xml');
      await writeFile(file, probeDomain(`${PROBE_NAME}left`, uuid));
      await virsh('node2', 'create', '--paused', file);
      const [node1, node2] = [await labHost('node1'), await labHost('node2')];
      assert.deepEqual(
        (await get().host(node2).domains()).filter((domain) => domain.uuid === uuid),
        [],
      );
      await get().host(node1).dialPeer(node2);
      await leavesNothing();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  async function leavesNothing(): Promise<void> {
    for (const host of ['node1', 'node2']) {
      assert.ok(!(await virsh(host, 'list', '--all', '--name')).includes(PROBE_NAME), host);
    }
  }
});
