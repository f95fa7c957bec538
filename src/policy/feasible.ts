// May the guest go to this host? One row a reason to say no: its code, its test, its sentence. Most telling first.
// What speaks against a host as such is told apart from what speaks against the room it has: see weigh.ts. Sentences are made
// only for those who ask.

import type { RejectCode } from '../fleet/explanation.js';
import type { Host } from '../fleet/host.js';
import type { HostTable } from '../fleet/host-table.js';
import type { Resources } from '../fleet/resources.js';
import type { Image } from '../fleet/storage.js';
import type { Needs } from './needs.js';

interface Filter {
  readonly code: RejectCode;
  /** Whatever room the host has; not given where the room is what matters: see roomRejections(). */
  rejects?(host: Host, needs: Needs): boolean;
  /** `required` and `available`: on that host. */
  sentence(host: Host, needs: Needs, required: Resources, available: Resources): string;
}

/** What was not seen of a host speaks neither for nor against it: its condition does. */
export const FILTERS: readonly Filter[] = [
  {
    code: 'EXCLUDED',
    rejects: (host, needs) => needs.excluded.has(host.hostname),
    sentence: (host, needs) => needs.excluded.get(host.hostname) ?? 'is excluded',
  },
  {
    code: 'SAME_MACHINE',
    rejects: (host, needs) => needs.notMachine !== '' && host.observed?.libvirtUuid === needs.notMachine,
    sentence: (_, needs) => `is the same machine as the guest's host (host UUID ${needs.notMachine})`,
  },
  {
    code: 'HOST_ADMIN_STATE',
    rejects: (host) => host.adminState !== 'AVAILABLE',
    sentence: (host) => `is ${host.adminState}`,
  },
  {
    code: 'HOST_CONDITION',
    rejects: (host) => host.condition !== 'READY',
    sentence: (host) => `is ${host.condition}${host.conditionReason === '' ? '' : ` (${host.conditionReason})`}`,
  },
  {
    code: 'HOST_OVERCOMMITTED',
    sentence: () => 'is sold beyond its capacity already',
  },
  {
    code: 'POOL_MISSING',
    rejects: (host, needs) => lacksPool(host, needs),
    sentence: (_, needs) =>
      `does not have pool ${needs.pools.map((pool) => pool.name).join(' and ')}, or it is not active`,
  },
  {
    code: 'BASE_IMAGE_MISSING',
    rejects: (host, needs) => lacksImage(host, needs),
    sentence: (_, needs) =>
      `lacks base image ${needs.images.map((image) => `${image.name} in ${image.pool}`).join(', ')}`,
  },
  {
    code: 'NETWORK_MISSING',
    rejects: (host, needs) => lacksNetwork(host, needs),
    sentence: (_, needs) => `lacks ${needs.nics.map((nic) => `${nic.kind.toLowerCase()} ${nic.source}`).join(' or ')}`,
  },
  {
    code: 'MACHINE_TYPE_MISSING',
    rejects: (host, needs) => lacksMachineType(host, needs),
    sentence: (_, needs) => `does not know machine type ${needs.machineType}`,
  },
  {
    code: 'CPU_INCOMPATIBLE',
    rejects: (host, needs) => cannotRunCpu(host, needs),
    sentence: (host) => `its CPU (${host.observed?.arch} ${host.observed?.cpuModel}) cannot run the guest's`,
  },
  {
    code: 'INSUFFICIENT_CPU',
    sentence: (_host, _needs, required, available) => `${required.cpu} vCPUs needed, ${available.cpu} available`,
  },
  {
    code: 'INSUFFICIENT_MEMORY',
    sentence: (_host, _needs, required, available) =>
      `${required.memoryKib} KiB of memory needed, ${available.memoryKib} available`,
  },
  {
    code: 'INSUFFICIENT_IO',
    sentence: (_host, _needs, required, available) =>
      `${required.ioKib} KiB of disk space needed, ${available.ioKib} available`,
  },
  {
    code: 'POOL_FULL',
    sentence: (_, needs) =>
      needs.pools
        .filter((pool) => pool.capacityKib > 0)
        .map((pool) => `pool ${pool.name} has ${pool.capacityKib - pool.usedKib} KiB left`)
        .join(', '),
  },
];

// What speaks against a host is a mask: one bit a row of FILTERS. 0: it fits.

/** The bits of the rows that look at the host as such. */
export function hostRejections(host: Host, needs: Needs): number {
  let mask = 0;
  FILTERS.forEach((filter, row) => {
    if (filter.rejects?.(host, needs) === true) mask |= 1 << row;
  });
  return mask;
}

const bitOf = (code: RejectCode): number => 1 << FILTERS.findIndex((filter) => filter.code === code);
const HOST_OVERCOMMITTED = bitOf('HOST_OVERCOMMITTED');
const INSUFFICIENT_CPU = bitOf('INSUFFICIENT_CPU');
const INSUFFICIENT_MEMORY = bitOf('INSUFFICIENT_MEMORY');
const INSUFFICIENT_IO = bitOf('INSUFFICIENT_IO');
const POOL_FULL = bitOf('POOL_FULL');

/** The bits of the rows that look at what the host has left. A resource of which nothing is needed is never short. */
export function roomRejections(needs: Needs, { available, greatestRetakeKib }: HostTable, row: number): number {
  const { required } = needs;
  const cpu = available.cpu[row] as number;
  const memoryKib = available.memoryKib[row] as number;
  const ioKib = available.ioKib[row] as number;
  const neededKib = memoryNeededKib(needs, greatestRetakeKib[row] as number);
  let mask = needs.poolFull ? POOL_FULL : 0;
  if (cpu < 0 || memoryKib < 0 || ioKib < 0) mask |= HOST_OVERCOMMITTED;
  if (required.cpu > 0 && required.cpu > cpu) mask |= INSUFFICIENT_CPU;
  if (neededKib > 0 && neededKib > memoryKib) mask |= INSUFFICIENT_MEMORY;
  if (required.ioKib > 0 && required.ioKib > ioKib) mask |= INSUFFICIENT_IO;
  return mask;
}

/** The rows behind the bits, most telling first. */
export function rowsOf(mask: number): readonly Filter[] {
  return FILTERS.filter((_, row) => (mask & (1 << row)) !== 0);
}

/**
 * Memory the host has to have free: the guest's own and, where it could retake more by itself than any guest that is
 * there, the difference (of all the retakes only the greatest is kept free).
 */
export function memoryNeededKib(needs: Needs, greatestRetakeKib: number): number {
  const moreKib = needs.retakeKib - greatestRetakeKib;
  return needs.required.memoryKib + (needs.retakeKib > 0 && moreKib > 0 ? moreKib : 0);
}

function lacksPool(host: Host, needs: Needs): boolean {
  for (const pool of needs.pools) {
    if (!pool.hosts.has(host.hostname)) return true;
    if (host.observed !== undefined && !host.observed.pools.includes(pool.name)) return true;
  }
  return false;
}

function lacksImage(host: Host, needs: Needs): boolean {
  for (const image of needs.images) {
    const copy: Image | undefined = image.copies.get(image.shared ? '' : host.hostname);
    if (copy === undefined || (image.sha256 !== '' && copy.sha256 !== image.sha256)) return true;
  }
  return false;
}

function lacksNetwork({ observed }: Host, needs: Needs): boolean {
  if (observed === undefined) return false;
  for (const nic of needs.nics) {
    const there = nic.kind === 'NETWORK' ? observed.networks : observed.bridges;
    if (!there.includes(nic.source)) return true;
  }
  return false;
}

function lacksMachineType({ observed }: Host, { machineType }: Needs): boolean {
  if (machineType === '' || observed === undefined || observed.machineTypes.length === 0) return false;
  return !observed.machineTypes.includes(machineType);
}

function cannotRunCpu(host: Host, { cpu }: Needs): boolean {
  if (cpu.refusedBy.has(host.hostname)) return true;
  const { observed } = host;
  if (observed === undefined) return false;
  if (cpu.arch !== '' && observed.arch !== '' && cpu.arch !== observed.arch) return true;
  return cpu.sameAs !== '' && observed.cpuXml !== '' && cpu.sameAs !== observed.cpuXml;
}
