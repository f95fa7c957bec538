// What a guest that runs needs of another host, and how it has to travel there. A move from any motive asks this.

import type { FleetView } from '../fleet/fleet.js';
import { type Guest, writableDisks } from '../fleet/guest.js';
import type { Host } from '../fleet/host.js';
import type { GuestTraits } from '../fleet/traits.js';
import type { ClaimSize } from './claim.js';
import type { ImageNeed, PlacementRequest } from './needs.js';

/** What only the guest's XML and the hosts themselves can tell of a move; gathered before it is decided. */
export interface MoveFacts {
  readonly traits: GuestTraits;
  /** Hosts that answered that they cannot run the guest's CPU. */
  readonly refusedBy: ReadonlySet<string>;
}

/** Modes in which a guest sees its host's CPU as it is, so that only an equal one will do. */
const HOST_CPU_MODES: ReadonlySet<string> = new Set(['host-passthrough', 'maximum']);

export function moveRequest(fleet: FleetView, guest: Guest, size: ClaimSize, facts: MoveFacts): PlacementRequest {
  const source = fleet.get('host', guest.hostname)?.observed;
  const { traits, refusedBy } = facts;
  return {
    required: size.resources,
    retakeKib: size.retakeKib,
    pools: [...new Set(guest.disks.map((disk) => disk.pool).filter((pool) => pool !== ''))],
    newSpaceKib: 0,
    images: imagesOf(fleet, guest),
    nics: guest.nics,
    machineType: traits.machineType,
    cpu: {
      arch: traits.arch === '' ? (source?.arch ?? '') : traits.arch,
      sameAs: HOST_CPU_MODES.has(traits.cpuMode) ? (source?.cpuXml ?? '') : '',
      refusedBy,
    },
    excluded: excludedFor(fleet, guest),
    notMachine: source?.libvirtUuid ?? '',
    strategy: fleet.policy.strategy,
  };
}

/** The overlay is copied, not what it lies on: that has to be on the target already, and the very same. */
function imagesOf(fleet: FleetView, guest: Guest): readonly ImageNeed[] {
  return guest.disks
    .filter((disk) => disk.baseImage !== '' && isLocal(fleet, disk.pool))
    .map(({ pool, baseImage }) => {
      const own = fleet.imageCopies(pool, baseImage).get(guest.hostname);
      return { pool, name: baseImage, sha256: own?.sha256 ?? '' };
    });
}

function excludedFor(fleet: FleetView, guest: Guest): ReadonlyMap<string, string> {
  const excluded = new Map<string, string>();
  for (const other of fleet.all('guest')) {
    if (other.domainName !== guest.domainName || other.vmid === guest.vmid) continue;
    excluded.set(other.hostname, `has a domain named ${guest.domainName} already (guest ${other.vmid})`);
  }
  return excluded.set(guest.hostname, 'is where the guest is already');
}

function isLocal(fleet: FleetView, pool: string): boolean {
  return fleet.get('pool', pool)?.kind === 'LOCAL';
}

/** Whether volumes have to be made on the target: those that virtdc made on LOCAL pools, the seed among them. */
export function copiesStorage(fleet: FleetView, guest: Guest): boolean {
  return guest.disks.some((disk) => disk.madeByVirtdc && isLocal(fleet, disk.pool));
}

/** A lock on a disk that it writes to is all that keeps libvirt from running a guest twice. */
export function isLocked(fleet: FleetView, guest: Guest): boolean {
  const disks = writableDisks(guest);
  const locked = (name: string): boolean => {
    const pool = fleet.get('pool', name);
    return pool?.kind === 'SHARED' && pool.locking;
  };
  return disks.length > 0 && disks.every((disk) => locked(disk.pool));
}

/** Whether a guest may leave its host, as far as the host is concerned: only one that answers can send it. */
export function canSend(source: Host | undefined): boolean {
  return source?.condition === 'READY';
}
