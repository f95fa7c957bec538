// RegisterPool: a libvirt storage pool that guests' disks may be made in, under its libvirt name.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import { refusal } from '../fleet/refusal.js';
import type { Pool, PoolKind } from '../fleet/storage.js';
import { poolRefusal } from './pool-fields.js';

export interface RegisterPoolRequest {
  readonly name: string;
  readonly kind: PoolKind;
  readonly locking: boolean;
  readonly hosts: readonly string[];
  readonly capacityKib: number;
  readonly exportedBy: string;
}

export function registerPool(request: RegisterPoolRequest): Command<Pool> {
  return {
    name: 'RegisterPool',
    decide(fleet) {
      const { name, kind, locking, hosts, capacityKib, exportedBy } = request;
      if (fleet.get('pool', name) !== undefined) {
        return refuse(refusal('POOL_EXISTS', `there is a pool ${name} already`, { pool: name }));
      }
      const pool: Pool = { name, kind, locking, hosts, capacityKib, exportedBy, revision: 0 };
      const refused = poolRefusal(fleet, pool);
      if (refused !== undefined) return refuse(refused);
      return accept(pool, [put('pool', pool)]);
    },
  };
}
