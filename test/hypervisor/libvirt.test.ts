// libvirt under the contract of all hypervisors: real daemons, real QEMU guests, on two hosts of the lab.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import { LIMITS } from '../../src/limits.js';
import type { HostAddress } from '../../src/ports/hypervisor.js';
import { parseBaseGuest } from '../../src/xml/base-guest.js';
import { lab, needsLab } from '../lab.js';
import { hypervisorContract } from './contract.js';

const MIB_IN_KIB = 1024;

/** A host of the lab as virtdc addresses it: over its socket from here, over TCP from the other hosts. */
async function address(hostname: string): Promise<HostAddress> {
  const uri = await lab('uri', hostname, 'virtdc');
  return { hostname, uri, migrationUri: `qemu+tcp://${await lab('address', hostname)}/system` };
}

hypervisorContract('libvirt', async function () {
  await needsLab(2).call(this);
  const hosts = [await address('node1'), await address('node2')] as const;
  const network = hosts[0].migrationUri.replace(/\d+\/system$/, '');
  const base = parseBaseGuest(await lab('base-xml'), LIMITS);
  if (!base.ok) throw new Error(JSON.stringify(base.violations));
  const image = await lab('base-image');
  return {
    hypervisor: libvirtHypervisor({ insecureTransports: true }),
    hosts,
    dead: { hostname: 'dead', uri: `${network}9/system`, migrationUri: `${network}9/system` },
    pools: { local: 'local', shared: 'shared' },
    image: { format: 'qcow2', sizeBytes: (await stat(image)).size, content: () => createReadStream(image) },
    guest: (vmid, uuid, disks) => ({
      templateXml: base.value.templateXml,
      uuid,
      domainName: vmid,
      currentCpu: 1,
      maxCpu: 4,
      currentMemoryKib: 128 * MIB_IN_KIB,
      maxMemoryKib: 256 * MIB_IN_KIB,
      disks,
      nics: [{ kind: 'BRIDGE', source: 'br0', mac: `52:54:00:${uuid.slice(0, 6).replace(/..(?=.)/g, '$&:')}` }],
      cpuBaselineXml: '',
      mark: { vmid, operation: 'op-contract', epoch: 1 },
    }),
    leastMemoryKib: 96 * MIB_IN_KIB,
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
