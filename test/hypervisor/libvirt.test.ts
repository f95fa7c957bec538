// libvirt under the contract of all hypervisors: real daemons, real QEMU guests, on two hosts of the lab.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import { lab, needsLab } from '../lab.js';
import { hypervisorContract } from './contract.js';
import { labGuests, labHost } from './libvirt-lab.js';

hypervisorContract('libvirt', async function () {
  await needsLab(2).call(this);
  const hosts = [await labHost('node1'), await labHost('node2')] as const;
  // An address of the lab's network that no host has.
  const dead = hosts[0].migrationUri.replace(/\d+\/system$/, '9/system');
  const image = await lab('base-image');
  return {
    hypervisor: libvirtHypervisor({ insecureTransports: true }),
    hosts,
    dead: { hostname: 'dead', uri: dead, migrationUri: dead },
    pools: { local: 'local', shared: 'shared' },
    image: { format: 'qcow2', sizeBytes: (await stat(image)).size, content: () => createReadStream(image) },
    guest: await labGuests(),
    leastMemoryKib: 96 * 1024,
    bootsWithinMs: 120_000,
    slowMibPerS: 4,
    hasAddress: true,
    freeze: async (host) => void (await lab('freeze', host.hostname)),
    thaw: async (host) => void (await lab('thaw', host.hostname)),
    killDaemon: async (host) => void (await lab('kill', host.hostname, 'daemon')),
    startDaemon: async (host) => void (await lab('start', host.hostname)),
    end: async () => undefined,
  };
});
