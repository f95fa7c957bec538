// UpdatePool: what is declared of a pool, changed; never so that guests' disks would be out of it. Its kind is for good.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import type { Pool } from '../fleet/storage.js';
import { guestsInPool, poolInUse, poolRefusal } from './pool-fields.js';
import { findPool, staleRevision } from './preconditions.js';

export interface UpdatePoolRequest {
  readonly name: string;
  /** 0: whatever it is. */
  readonly expectedRevision: number;
  readonly addHosts: readonly string[];
  /** Those that are not in the pool are ignored. */
  readonly removeHosts: readonly string[];
  /** What is undefined stays as it is. */
  readonly locking: boolean | undefined;
  readonly capacityKib: number | undefined;
  readonly exportedBy: string | undefined;
}

export function updatePool(request: UpdatePoolRequest): Command<Pool> {
  return {
    name: 'UpdatePool',
    decide(fleet) {
      const pool = findPool(fleet, request.name);
      if (isRefusal(pool)) return refuse(pool);
      const after: Pool = {
        ...pool,
        locking: request.locking ?? pool.locking,
        hosts: editHosts(pool.hosts, request),
        capacityKib: request.capacityKib ?? pool.capacityKib,
        exportedBy: request.exportedBy ?? pool.exportedBy,
      };
      const refused =
        staleRevision(pool, request.expectedRevision) ?? poolRefusal(fleet, after) ?? takenFrom(fleet, pool, after);
      if (refused !== undefined) return refuse(refused);
      return accept(after, [put('pool', after)]);
    },
  };
}

function editHosts(hosts: readonly string[], { addHosts, removeHosts }: UpdatePoolRequest): readonly string[] {
  return [...new Set([...hosts, ...addHosts])].filter((hostname) => !removeHosts.includes(hostname));
}

function takenFrom(fleet: FleetView, before: Pool, after: Pool): Refusal | undefined {
  const lost = new Set(before.hosts.filter((hostname) => !after.hosts.includes(hostname)));
  const stranded = lost.size === 0 ? [] : guestsInPool(fleet, after.name, (hostname) => lost.has(hostname));
  if (stranded.length > 0) return poolInUse(after.name, stranded, 'its hosts cannot be taken from it');
  const used = fleet.poolUsedKib(after.name);
  const shrunk = after.capacityKib !== 0 && (before.capacityKib === 0 || after.capacityKib < before.capacityKib);
  if (!shrunk || used <= after.capacityKib) return undefined;
  return refusal('POOL_IN_USE', `guests have ${used} KiB of pool ${after.name}, more than ${after.capacityKib}`, {
    pool: after.name,
    used_kib: used,
    capacity_kib: after.capacityKib,
  });
}
