// What a guest needs of the host it goes to; and the same with its names looked up, once for all hosts.

import type { Strategy } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { GuestNic } from '../fleet/guest.js';
import type { Resources } from '../fleet/resources.js';
import type { Image, Pool } from '../fleet/storage.js';

export interface ImageNeed {
  readonly pool: string;
  readonly name: string;
  /** Digest the copy must have; empty: whichever lies there under the name. */
  readonly sha256: string;
}

export interface CpuNeed {
  /** Empty: any. */
  readonly arch: string;
  /** Host CPU (libvirt XML) that must be the very same, for guests that see their host's CPU; empty: no matter. */
  readonly sameAs: string;
  /** Hosts that answered that they cannot run the guest's CPU. */
  readonly refusedBy: ReadonlySet<string>;
}

export interface PlacementRequest {
  /** To be claimed on the host; memory with the hypervisor's overhead. */
  readonly required: Resources;
  /** Memory it could take back by itself, beyond what is claimed. */
  readonly retakeKib: number;
  /** Every pool its disks are in. */
  readonly pools: readonly string[];
  /** Space that the guest takes anew of SHARED pools; 0 for one that is there already. */
  readonly newSpaceKib: number;
  readonly images: readonly ImageNeed[];
  readonly nics: readonly Pick<GuestNic, 'kind' | 'source'>[];
  /** Empty: any. */
  readonly machineType: string;
  readonly cpu: CpuNeed;
  /** Hosts that are out of the question, and why, to follow the host's name in a sentence. */
  readonly excluded: ReadonlyMap<string, string>;
  /** UUID of a machine that it must not be, whatever its name; empty: none. */
  readonly notMachine: string;
  readonly strategy: Strategy;
}

/** Asks for nothing but resources. */
export function needing(required: Resources, strategy: Strategy): PlacementRequest {
  return {
    required,
    retakeKib: 0,
    pools: [],
    newSpaceKib: 0,
    images: [],
    nics: [],
    machineType: '',
    cpu: { arch: '', sameAs: '', refusedBy: new Set() },
    excluded: new Map(),
    notMachine: '',
    strategy,
  };
}

interface PoolLookup {
  readonly name: string;
  readonly hosts: ReadonlySet<string>;
  /** 0: not limited. */
  readonly capacityKib: number;
  readonly usedKib: number;
}

interface ImageLookup extends ImageNeed {
  readonly shared: boolean;
  readonly copies: ReadonlyMap<string, Image>;
}

export interface Needs extends Omit<PlacementRequest, 'pools' | 'images'> {
  readonly pools: readonly PoolLookup[];
  readonly images: readonly ImageLookup[];
  /** The space of a SHARED pool is counted once over all its hosts: if it is short, it is short on each. */
  readonly poolFull: boolean;
}

export function lookUp(fleet: FleetView, request: PlacementRequest): Needs {
  const pools = request.pools.map((name) => poolLookup(fleet, name));
  const images = request.images.map((image) => ({
    ...image,
    shared: fleet.get('pool', image.pool)?.kind === 'SHARED',
    copies: fleet.imageCopies(image.pool, image.name),
  }));
  const space = request.newSpaceKib;
  const isShort = (pool: PoolLookup): boolean => pool.capacityKib > 0 && pool.usedKib + space > pool.capacityKib;
  const poolFull = space > 0 && pools.some(isShort);
  return { ...request, pools, images, poolFull };
}

/** A pool never changes, it is replaced; so the set of its hosts is made once. */
const hostsOf = new WeakMap<Pool, ReadonlySet<string>>();

function poolLookup(fleet: FleetView, name: string): PoolLookup {
  const pool = fleet.get('pool', name);
  if (pool === undefined) return { name, hosts: new Set(), capacityKib: 0, usedKib: 0 };
  let hosts = hostsOf.get(pool);
  if (hosts === undefined) {
    hosts = new Set(pool.hosts);
    hostsOf.set(pool, hosts);
  }
  return { name, hosts, capacityKib: pool.kind === 'SHARED' ? pool.capacityKib : 0, usedKib: fleet.poolUsedKib(name) };
}
