// The scheme of a host's URI decides who drives it.

import assert from 'node:assert/strict';
import { hypervisorByScheme } from '../../src/hypervisor/hypervisor.js';
import { type HostAddress, type Hypervisor, HypervisorError } from '../../src/ports/hypervisor.js';
import { address, World } from './simulated-world.js';

describe('the hypervisor by scheme', () => {
  const world = new World();
  after(() => world.end());
  const asked: string[] = [];
  const libvirt: Hypervisor = {
    host(host: HostAddress) {
      asked.push(host.uri);
      return world.a;
    },
    close: async () => {
      asked.push('closed');
    },
  };
  const hypervisor = hypervisorByScheme({ simulated: world.datacenter.hypervisor(), libvirt });

  it('gives simulated hosts to the simulation and real ones to libvirt', () => {
    assert.equal(hypervisor.host(address('x')).address.uri, 'sim://x');
    assert.equal(hypervisor.host(address('x')), hypervisor.host(address('x')));
    const uris = [
      'qemu+unix:///run/s',
      'qemu+tls://h/system',
      'qemu+tcp://h/system',
      'qemu+ssh://u@h/system',
      'test+unix:///s',
    ];
    for (const uri of uris) hypervisor.host({ hostname: 'h', uri, migrationUri: '' });
    assert.deepEqual(asked, uris);
  });

  it('refuses every other scheme, and simulated names with anything else in them', () => {
    for (const uri of [
      'xen:///',
      'qemu+ext:///?command=/tmp/x',
      'sim',
      '',
      'sim://a/b',
      'sim://a?x=1',
      'sim://',
      'SIM://a',
    ]) {
      assert.throws(
        () => hypervisor.host({ hostname: 'h', uri, migrationUri: '' }),
        (error) => error instanceof HypervisorError && error.kind === 'UNSUPPORTED',
        uri,
      );
    }
  });

  it('closes both', async () => {
    await hypervisor.close();
    assert.equal(asked.at(-1), 'closed');
  });
});
