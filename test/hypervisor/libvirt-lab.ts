// The lab's hosts as the libvirt adapter addresses them, and a small guest for them.

import type { GuestDisk } from '../../src/fleet/guest.js';
import { LIMITS } from '../../src/limits.js';
import type { GuestDefinition, HostAddress } from '../../src/ports/hypervisor.js';
import { parseBaseGuest } from '../../src/xml/base-guest.js';
import { lab } from '../lab.js';

const MIB_IN_KIB = 1024;

export type Way = 'tcp' | 'tls' | 'ssh';

/** Over its socket from here; `way` is how the other hosts dial it. */
export async function labHost(hostname: string, way: Way = 'tcp'): Promise<HostAddress> {
  const uri = await lab('uri', hostname, 'virtdc');
  return { hostname, uri, migrationUri: `qemu+${way}://${await lab('address', hostname)}/system` };
}

/** Over the network from here too. */
export async function labHostBy(hostname: string, way: Way): Promise<HostAddress> {
  const user = way === 'ssh' ? 'root@' : '';
  const uri = `qemu+${way}://${user}${await lab('address', hostname)}/system`;
  return { hostname, uri, migrationUri: uri };
}

/** Makes definitions of guests of 1 of 4 vCPUs and 128 of 256 MiB, with one interface on br0. */
export async function labGuests(): Promise<
  (vmid: string, uuid: string, disks: readonly GuestDisk[]) => GuestDefinition
> {
  const base = parseBaseGuest(await lab('base-xml'), LIMITS);
  if (!base.ok) throw new Error(JSON.stringify(base.violations));
  const { templateXml } = base.value;
  return (vmid, uuid, disks) => ({
    templateXml,
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
  });
}
