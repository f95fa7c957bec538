// The fleet before the first fault: hosts, pools with their base images, and base guests with and without one.

import { addImage } from '../../src/commands/add-image.js';
import { importBaseGuest } from '../../src/commands/import-base-guest.js';
import { importNodeInfo } from '../../src/commands/import-node-info.js';
import { registerPool } from '../../src/commands/register-pool.js';
import { updatePool } from '../../src/commands/update-pool.js';
import type { Command } from '../../src/fleet/decision.js';
import { HOSTS, POOLS, sizeOf, type World } from './world.js';

const GIB_IN_KIB = 1024 * 1024;
const BASE_XML = `<domain type='kvm'><name>vm_name</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;

/** Starts with empty disks, or with overlays of the image. */
export const BASES = ['bare', 'imaged'] as const;
export const IMAGE = {
  name: 'linux.qcow2',
  format: 'qcow2',
  sizeBytes: 1024 * 1024,
  virtualKib: GIB_IN_KIB / 2,
  sha256: 'ab'.repeat(32),
} as const;

export function importHosts(): Command<unknown> {
  const nodes = HOSTS.map((hostname) => {
    const capacity = { ...sizeOf(hostname), ioKib: 100 * GIB_IN_KIB };
    return { hostname, ipAddress: '10.0.0.1', maxCapacity: capacity, availableCapacity: capacity };
  });
  return importNodeInfo({ nodes, prune: false, uriTemplate: 'sim://{hostname}' });
}

/** What a host that came back is given again. */
export function joinPools(): readonly Command<unknown>[] {
  const unchanged = { locking: undefined, capacityKib: undefined, exportedBy: undefined };
  const members = POOLS.map((name) =>
    updatePool({ name, expectedRevision: 0, addHosts: HOSTS, removeHosts: [], ...unchanged }),
  );
  return [...members, ...localImages()];
}

function localImages(): readonly Command<unknown>[] {
  return HOSTS.map((hostname) => addImage({ ...IMAGE, pool: 'local', hostname }));
}

export async function prepare(world: World): Promise<void> {
  putImages(world);
  while (world.leader === undefined) await world.clock.sleep(10);
  const pools = POOLS.map((name) =>
    registerPool({
      name,
      kind: name === 'local' ? 'LOCAL' : 'SHARED',
      locking: name === 'locked',
      hosts: HOSTS,
      capacityKib: 0,
      exportedBy: '',
    }),
  );
  const images = ['shared', 'locked'].map((pool) => addImage({ ...IMAGE, pool, hostname: '' }));
  const bases = BASES.map((name) =>
    importBaseGuest({
      name,
      xml: BASE_XML,
      images: name === 'imaged' ? { vda: IMAGE.name } : {},
      diskTargets: ['vda'],
      nics: [{ kind: 'NETWORK', source: 'default' }],
      machineType: 'q35',
      replace: false,
      expectedRevision: 0,
    }),
  );
  for (const command of [importHosts(), ...pools, ...localImages(), ...images, ...bases]) {
    const answer = await world.execute(command, { principal: 'operator', method: command.name });
    if (!answer.accepted) throw new Error(`${command.name} was refused: ${answer.refusal.message}`);
  }
}

function putImages({ datacenter }: World): void {
  const { name, format, virtualKib, sizeBytes, sha256 } = IMAGE;
  for (const pool of new Set(HOSTS.flatMap((host) => POOLS.map((each) => datacenter.host(host).pool(each))))) {
    pool.add({ name, format, capacityKib: virtualKib, allocationKib: sizeBytes / 1024, backingPath: '', sha256 });
  }
}
