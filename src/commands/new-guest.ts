// From what a caller asks for to a guest that could be made: its base guest, pool, disks and interfaces looked up, and what
// all of that needs of a host. Submitting, checking for space and explaining all start here.

import type { BaseGuest } from '../fleet/base-guest.js';
import { withOverhead } from '../fleet/cluster-policy.js';
import type { Strategy } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { GuestNic } from '../fleet/guest.js';
import { invalidFields, isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { needing, type PlacementRequest } from '../policy/needs.js';
import { findPool } from './preconditions.js';
import { Violations } from './violations.js';

/** What the placement of a guest depends on. */
export interface GuestShape {
  readonly cpu: number;
  readonly memoryKib: number;
  /** Disk space; 0: LIMITS.defaultIoKib, or what the base images need if that is more. */
  readonly ioKib: number;
  /** 0: as cpu. */
  readonly maxCpu: number;
  /** 0: as memoryKib. */
  readonly maxMemoryKib: number;
  /** Empty (where it is only asked for space): images, networks and machine type are not looked at. */
  readonly baseGuest: string;
  /** Empty: the cluster's default pool or, if there is none, the only pool. */
  readonly pool: string;
  /** What the first interface is plugged into; both empty: as the base guest says. */
  readonly network: string;
  readonly bridge: string;
  /** undefined: the cluster's. */
  readonly strategy: Strategy | undefined;
  /** Whether it gets a seed disk, too. */
  readonly seeded: boolean;
}

export interface NewDisk {
  readonly target: string;
  /** Empty: the disk starts empty. */
  readonly baseImage: string;
  readonly capacityKib: number;
}

export interface NewGuest {
  readonly base: BaseGuest | undefined;
  /** Empty for a guest without disks. */
  readonly pool: string;
  readonly disks: readonly NewDisk[];
  readonly nics: readonly Pick<GuestNic, 'kind' | 'source'>[];
  readonly maxCpu: number;
  readonly maxMemoryKib: number;
  readonly ioKib: number;
  readonly placement: PlacementRequest;
}

/** `violations` are those that the caller has found already; the shape's join them. */
export function newGuest(fleet: FleetView, shape: GuestShape, violations = new Violations()): NewGuest | Refusal {
  checkShape(violations, shape);
  const maxCpu = shape.maxCpu === 0 ? shape.cpu : shape.maxCpu;
  const maxMemoryKib = shape.maxMemoryKib === 0 ? shape.memoryKib : shape.maxMemoryKib;
  const invalid = violations.refusal();
  if (invalid !== undefined) return invalid;
  const base = shape.baseGuest === '' ? undefined : findBaseGuest(fleet, shape.baseGuest);
  if (isRefusal(base)) return base;
  const hasDisks = shape.seeded || (base !== undefined && base.diskTargets.length > 0);
  const pool = hasDisks || shape.pool !== '' ? choosePool(fleet, shape.pool) : '';
  if (typeof pool !== 'string') return pool;
  const least = leastDisks(fleet, base, pool);
  const leastKib = least.reduce((sum, disk) => sum + disk.capacityKib, 0);
  const ioKib = shape.ioKib === 0 ? Math.max(LIMITS.defaultIoKib, leastKib) : shape.ioKib;
  if (ioKib < leastKib) return tooLittleSpace(ioKib, leastKib);
  const nics = nicsOf(base, shape);
  const required = { cpu: shape.cpu, memoryKib: withOverhead(maxMemoryKib, fleet.policy), ioKib };
  const placement: PlacementRequest = {
    ...needing(required, shape.strategy ?? fleet.policy.strategy),
    pools: pool === '' ? [] : [pool],
    newSpaceKib: pool === '' ? 0 : ioKib,
    images: [...new Set(Object.values(base?.images ?? {}))].map((name) => ({ pool, name, sha256: '' })),
    nics,
    machineType: base?.machineType ?? '',
  };
  return { base, pool, disks: grow(least, ioKib - leastKib), nics, maxCpu, maxMemoryKib, ioKib, placement };
}

/** What can be wrong with a shape by itself, whatever the fleet. */
export function checkShape(
  violations: Violations,
  shape: Omit<GuestShape, 'strategy' | 'seeded' | 'baseGuest' | 'pool'>,
): void {
  const { cpu, maxCpu, memoryKib, maxMemoryKib } = shape;
  violations.cpu('cpu', cpu);
  if (maxCpu !== 0) violations.cpu('max_cpu', maxCpu);
  if (maxCpu !== 0 && maxCpu < cpu) violations.add('max_cpu', `${maxCpu} is less than cpu, ${cpu}`);
  violations.memoryKib('memory_kib', memoryKib);
  if (maxMemoryKib !== 0) violations.memoryKib('max_memory_kib', maxMemoryKib);
  if (maxMemoryKib !== 0 && maxMemoryKib < memoryKib) {
    violations.add('max_memory_kib', `${maxMemoryKib} is less than memory_kib, ${memoryKib}`);
  }
  violations.whole('io_kib', shape.ioKib, 0, LIMITS.maxKib);
  if (shape.network !== '' && shape.bridge !== '') violations.add('bridge', 'network is given as well');
}

function findBaseGuest(fleet: FleetView, name: string): BaseGuest | Refusal {
  const base = fleet.get('baseGuest', name);
  return base ?? refusal('BASE_GUEST_NOT_FOUND', `there is no base guest ${name}`, { base_guest: name });
}

function choosePool(fleet: FleetView, asked: string): string | Refusal {
  const name = asked === '' ? fleet.policy.defaultPool : asked;
  if (name !== '') {
    const pool = findPool(fleet, name);
    return isRefusal(pool) ? pool : pool.name;
  }
  const [only, another] = fleet.all('pool');
  if (only !== undefined && another === undefined) return only.name;
  const pools = fleet.count('pool');
  const message = pools === 0 ? 'there is no pool for its disks' : `a pool has to be named, there are ${pools}`;
  return refusal('POOL_REQUIRED', message, { pools });
}

/** Smallest disk that is made empty: 1 MiB. */
const LEAST_DISK_KIB = 1024;

/** The disks at their least: as large as their base images. */
function leastDisks(fleet: FleetView, base: BaseGuest | undefined, pool: string): readonly NewDisk[] {
  return (base?.diskTargets ?? []).map((target) => {
    const baseImage = base?.images[target] ?? '';
    const sizes =
      baseImage === '' ? [] : [...fleet.imageCopies(pool, baseImage).values()].map((copy) => copy.virtualKib);
    return { target, baseImage, capacityKib: Math.max(LEAST_DISK_KIB, ...sizes) };
  });
}

/** What is left of the space goes to the first disk without a base image, or else to the first. */
function grow(disks: readonly NewDisk[], restKib: number): readonly NewDisk[] {
  const grown = Math.max(
    0,
    disks.findIndex((disk) => disk.baseImage === ''),
  );
  return disks.map((disk, index) => (index === grown ? { ...disk, capacityKib: disk.capacityKib + restKib } : disk));
}

function tooLittleSpace(ioKib: number, leastKib: number): Refusal {
  return invalidFields([
    { field: 'io_kib', description: `${ioKib} is less than the ${leastKib} KiB its base images take` },
  ]);
}

function nicsOf(base: BaseGuest | undefined, { network, bridge }: GuestShape): NewGuest['nics'] {
  const [, ...others] = base?.nics ?? [];
  if (network !== '') return [{ kind: 'NETWORK', source: network }, ...others];
  if (bridge !== '') return [{ kind: 'BRIDGE', source: bridge }, ...others];
  return base?.nics ?? [];
}
