// What an operator declares of a storage pool, checked alike when it is registered and updated.

import type { FleetView } from '../fleet/fleet.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import type { Pool } from '../fleet/storage.js';
import { LIMITS } from '../limits.js';
import { missingHosts } from './preconditions.js';
import { Violations } from './violations.js';

export function poolRefusal(fleet: FleetView, pool: Pool): Refusal | undefined {
  const violations = new Violations();
  violations.whole('capacity_kib', pool.capacityKib, 0, LIMITS.maxKib);
  if (new Set(pool.hosts).size < pool.hosts.length) violations.add('hostnames', 'a host is listed twice');
  if (pool.kind === 'LOCAL') {
    if (pool.locking) violations.add('locking', 'only a SHARED pool is locked against a second writer');
    if (pool.capacityKib !== 0)
      violations.add('capacity_kib', 'the space of a LOCAL pool counts on its hosts, as io_kib');
    if (pool.exportedBy !== '') violations.add('exported_by', 'only a SHARED pool is exported');
  }
  const exporter = pool.exportedBy === '' ? [] : [pool.exportedBy];
  return violations.refusal() ?? missingHosts(fleet, [...new Set([...pool.hosts, ...exporter])]);
}

/** Guests with a disk in the pool, at most as many as a sentence can name. */
export function guestsInPool(fleet: FleetView, pool: string, on: (hostname: string) => boolean): readonly string[] {
  const vmids: string[] = [];
  for (const guest of fleet.all('guest')) {
    if (on(guest.hostname) && guest.disks.some((disk) => disk.pool === pool)) vmids.push(guest.vmid);
  }
  return vmids.sort();
}

export function poolInUse(pool: string, vmids: readonly string[], what: string): Refusal {
  const named = vmids.slice(0, 10).join(', ');
  return refusal('POOL_IN_USE', `${what}: ${vmids.length} guests have disks in pool ${pool} (${named})`, {
    pool,
    guests: vmids.length,
    vmids: named,
  });
}
