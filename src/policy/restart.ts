// Whether a lost guest may be started on another host than its own, when it may be started again at all, and what it needs
// of the host.

import type { FleetView } from '../fleet/fleet.js';
import { type Guest, type Restarts, writableDisks } from '../fleet/guest.js';
import { PLAIN_TRAITS } from '../fleet/traits.js';
import { LIMITS } from '../limits.js';
import { type ClaimSize, claimSize } from './claim.js';
import { moveRequest } from './move.js';
import type { PlacementRequest } from './needs.js';

/** What keeps the guest with its host, though that is off, to follow its name in a sentence; undefined if nothing does. */
export function tiedToHost(fleet: FleetView, guest: Guest): string | undefined {
  if (guest.restartPolicy === 'WITH_HOST') return 'returns with it, by its restart policy';
  for (const { target, pool: name, path, madeByVirtdc } of writableDisks(guest)) {
    // One that was never made is lost with nothing in it.
    if (madeByVirtdc && path === '') continue;
    const pool = fleet.get('pool', name);
    if (pool === undefined) return `has disk ${target} (${path}) in no pool that virtdc knows`;
    if (pool.kind === 'LOCAL') return `has disk ${target} on it, in LOCAL pool ${name}`;
    if (pool.exportedBy === guest.hostname) return `has disk ${target} in pool ${name}, which that host exports`;
  }
  return undefined;
}

/**
 * What it holds when it starts: nothing of it was seen yet. `heldCpu` is what it holds already where it is: a definition that
 * its host kept may have as many vCPUs.
 */
export function restartSize(fleet: FleetView, guest: Guest, heldCpu = 0): ClaimSize {
  return claimSize({ ...guest, observed: undefined }, fleet.policy, heldCpu);
}

/** Any host but its own. */
export function restartRequest(fleet: FleetView, guest: Guest): PlacementRequest {
  const machineType = fleet.get('baseGuest', guest.baseGuest)?.machineType ?? '';
  const facts = { traits: { ...PLAIN_TRAITS, machineType }, refusedBy: new Set<string>() };
  return moveRequest(fleet, guest, restartSize(fleet, guest), facts);
}

/** When the guest may be restarted; a guest that keeps being lost has to wait longer each time. */
export function restartDueMs(restarts: Restarts | undefined): number {
  if (restarts === undefined) return 0;
  const { count, lastAt } = restarts;
  const waitMs = Math.min(LIMITS.restartBackoffMs * 2 ** (count - 1), LIMITS.restartMostBackoffMs);
  return lastAt.getTime() + waitMs;
}

export function anotherRestart(restarts: Restarts | undefined, now: Date): Restarts {
  const close = restarts !== undefined && now.getTime() - restarts.lastAt.getTime() < LIMITS.restartStableMs;
  return { count: close ? restarts.count + 1 : 1, lastAt: now, failedOn: '' };
}

/** The order in which lost guests get the room there is: the greater priority first; of equals the older. */
export function byPriority(a: Guest, b: Guest): number {
  return b.priority - a.priority || a.createdAt.getTime() - b.createdAt.getTime() || (a.vmid < b.vmid ? -1 : 1);
}
