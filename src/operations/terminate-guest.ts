// TERMINATE_GUEST: the domain ended wherever the guest has a claim, the disks virtdc made removed, the claims given back.
// It only goes forward: a terminated guest is never brought back.

import { put } from '../fleet/change.js';
import type { Guest } from '../fleet/guest.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { everyDisk, removeDisks } from './disks.js';
import { endDomain } from './domain.js';
import { letGuestGo, removeGuest } from './guest-changes.js';
import type { Act, Recipe, Step } from './step.js';

/** Its host, and the other end of a migration that was superseded. */
function hostsOf(act: Act, guest: Guest): readonly string[] {
  return [...new Set([guest.hostname, ...act.fleet.claimsOf(guest.vmid).map((claim) => claim.hostname)])];
}

const endDomainStep: Step = {
  name: 'end-domain',
  intent: (fleet, operation) => {
    const guest = fleet.get('guest', operation.target);
    return guest === undefined ? [] : [put('guest', { ...guest, state: 'TERMINATING', stateReason: '' })];
  },
  async observe(act) {
    const guest = act.guest();
    for (const hostname of hostsOf(act, guest)) {
      if ((await act.driver(hostname).domain(guest.uuid)) !== undefined) return 'NOT_DONE';
    }
    return 'DONE';
  },
  async do(act) {
    const guest = act.guest();
    for (const hostname of hostsOf(act, guest)) await endDomain(act.driver(hostname), guest);
  },
};

const removeDisksStep: Step = {
  name: 'remove-disks',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    for (const hostname of hostsOf(act, guest)) await removeDisks(act.driver(hostname), guest, everyDisk);
    for (const pool of new Set(guest.disks.map((disk) => disk.pool))) await removeShared(act, guest, pool);
  },
};

/** What a host that is off shared with others goes by one of them; what only it has goes when it returns. */
async function removeShared(act: Act, guest: Guest, name: string): Promise<void> {
  const condition = (hostname: string) => act.fleet.get('host', hostname)?.condition;
  const pool = act.fleet.get('pool', name);
  if (pool?.kind !== 'SHARED' || hostsOf(act, guest).some((hostname) => condition(hostname) !== 'DEAD')) return;
  const other = pool.hosts.find((hostname) => condition(hostname) === 'READY');
  if (other === undefined) throw new HypervisorError('UNREACHABLE', guest.hostname, `no host of pool ${name} answers`);
  await removeDisks(act.driver(other), guest, (disk) => disk.pool === name);
}

export const terminateGuest: Recipe = {
  kind: 'TERMINATE_GUEST',
  steps: [endDomainStep, removeDisksStep],
  cancellableBefore: () => false,
  onlyForward: true,
  succeeded: (fleet, operation) => removeGuest(fleet, operation.target, 'TERMINATED'),
  // What is left of it is found by the reconciler, which sets the state by what it sees.
  failed: (fleet, operation) => letGuestGo(fleet, operation, 'UNKNOWN', operation.error?.message),
};
