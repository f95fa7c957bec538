// Guests made by virsh alone from the lab's base XML, the way virtdc makes them: the disk is an overlay of the base image
// in a storage pool.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab, labDir, nextBeat, virsh } from '../lab.js';

export type PoolName = 'local' | 'shared';

const MAX_MEMORY_KIB = 256 * 1024;
const CURRENT_MEMORY_KIB = 128 * 1024;
const MAX_CPU = 4;

/** The path of a volume as every host sees it. */
export function volumePath(pool: PoolName, volume: string): string {
  return join(pool === 'local' ? '/var/lib/libvirt/images' : join(labDir, 'shared'), volume);
}

/** Runs virsh with a file argument that holds the text. */
export async function virshWithFile(host: string, text: string, args: (file: string) => string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'virtdc-lab-test-'));
  try {
    const file = join(folder, 'text.xml');
    await writeFile(file, text);
    return await virsh(host, ...args(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Uploads the lab's base image to the pool of a host as base.qcow2, unless it is there. */
async function pushBaseImage(host: string, pool: PoolName): Promise<void> {
  await virsh(host, 'pool-refresh', pool);
  const volumes = await virsh(host, 'vol-list', '--pool', pool);
  if (volumes.includes('base.qcow2')) return;
  await virsh(host, 'vol-create-as', pool, 'base.qcow2', '64M', '--format', 'qcow2');
  await virsh(host, 'vol-upload', '--pool', pool, 'base.qcow2', await lab('base-image'));
  await virsh(host, 'pool-refresh', pool);
}

/** Makes `<guest>.qcow2`, an overlay of the base image, in the pool of a host. */
export async function makeOverlay(host: string, pool: PoolName, guest: string): Promise<void> {
  await pushBaseImage(host, pool);
  const xml = `<volume>
    <name>${guest}.qcow2</name><capacity unit='MiB'>64</capacity>
    <target><format type='qcow2'/><compat>1.1</compat></target>
    <backingStore><path>${volumePath(pool, 'base.qcow2')}</path><format type='qcow2'/></backingStore>
  </volume>`;
  await virshWithFile(host, xml, (file) => ['vol-create', pool, file]);
}

/** Creates a transient guest on a host and waits for its first heartbeat. `disks`: further disk elements. */
export async function createGuest(host: string, pool: PoolName, guest: string, disks = ''): Promise<void> {
  await makeOverlay(host, pool, guest);
  const values: Record<string, string> = {
    vm_name: guest,
    vm_uuid: randomUUID(),
    max_memory: String(MAX_MEMORY_KIB),
    current_memory: String(CURRENT_MEMORY_KIB),
    max_cpu: String(MAX_CPU),
    current_cpu: '1',
  };
  const xml = (await lab('base-xml'))
    .replaceAll(/vm_name|vm_uuid|max_memory|current_memory|max_cpu|current_cpu/g, (name) => values[name] ?? name)
    .replace(/<source file='[^']*'/, `<source file='${volumePath(pool, `${guest}.qcow2`)}'`)
    .replace('</disk>', `</disk>${disks}`);
  await virshWithFile(host, xml, (file) => ['create', file]);
  await nextBeat(host, guest);
}

/** Ends a guest and removes its disk from the named hosts. */
export async function removeGuest(host: string, pool: PoolName, guest: string, diskHosts = [host]): Promise<void> {
  await virsh(host, 'destroy', guest);
  for (const each of diskHosts) {
    // A libvirtd learns of a volume that another one made only by looking.
    await virsh(each, 'pool-refresh', pool);
    await virsh(each, 'vol-delete', '--pool', pool, `${guest}.qcow2`);
  }
}
