// RemovePool: virtdc forgets a pool that no guest has a disk in, and its base images. The storage itself is left alone.

import { remove } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { imageKey } from '../fleet/storage.js';
import { guestsInPool, poolInUse } from './pool-fields.js';
import { findPool, staleRevision } from './preconditions.js';

export interface RemovePoolRequest {
  readonly name: string;
  /** 0: whatever it is. */
  readonly expectedRevision: number;
}

export function removePool(request: RemovePoolRequest): Command<{ readonly name: string }> {
  return {
    name: 'RemovePool',
    decide(fleet) {
      const pool = findPool(fleet, request.name);
      if (isRefusal(pool)) return refuse(pool);
      const stale = staleRevision(pool, request.expectedRevision);
      if (stale !== undefined) return refuse(stale);
      const { name } = pool;
      const vmids = guestsInPool(fleet, name, () => true);
      if (vmids.length > 0) return refuse(poolInUse(name, vmids, 'the pool cannot be removed'));
      const images = [...fleet.all('image')]
        .filter((image) => image.pool === name)
        .map((image) => remove('image', imageKey(name, image.hostname, image.name), 'REMOVED'));
      return accept({ name }, [...images, remove('pool', name, 'REMOVED')]);
    },
  };
}
