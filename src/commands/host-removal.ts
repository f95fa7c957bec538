// When a host may leave the fleet, and what leaves with it. Removing one and pruning after an import ask the same.

import { type Change, put, remove } from '../fleet/change.js';
import { claimKey } from '../fleet/claim.js';
import type { FleetView } from '../fleet/fleet.js';
import { isOpen } from '../fleet/operation.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { imageKey } from '../fleet/storage.js';

/** What keeps the host in the fleet; undefined if nothing does. */
export function keptBy(fleet: FleetView, hostname: string): Refusal | undefined {
  const guests = fleet.guestsOn(hostname);
  if (guests.length > 0) {
    const vmids = guests.map((guest) => guest.vmid).sort();
    return refusal('HOST_HAS_GUESTS', `host ${hostname} has ${guests.length} guests: ${someOf(vmids)}`, {
      hostname,
      guests: guests.length,
      vmids: someOf(vmids),
    });
  }
  const incoming = fleet.claimsOn(hostname).filter((claim) => claim.kind === 'INCOMING');
  if (incoming.length > 0) {
    const vmids = incoming.map((claim) => claim.vmid).sort();
    return refusal('HOST_IN_USE', `guests are moving to host ${hostname}: ${someOf(vmids)}`, {
      hostname,
      vmids: someOf(vmids),
    });
  }
  return leaving(fleet, hostname) ?? exporting(fleet, hostname);
}

/** A guest that has moved away may have left behind there what its move has still to clear. */
function leaving(fleet: FleetView, hostname: string): Refusal | undefined {
  for (const operation of fleet.all('operation')) {
    const { input, target, name } = operation;
    if (input.kind !== 'MIGRATE_GUEST' || input.sourceHost !== hostname || !isOpen(operation)) continue;
    return refusal('HOST_IN_USE', `guest ${target} is moving away from host ${hostname}: ${name}`, {
      hostname,
      vmids: target,
      operation: name,
    });
  }
  return undefined;
}

function exporting(fleet: FleetView, hostname: string): Refusal | undefined {
  for (const pool of fleet.all('pool')) {
    if (pool.exportedBy !== hostname) continue;
    return refusal('HOST_IN_USE', `host ${hostname} exports pool ${pool.name}`, { hostname, pool: pool.name });
  }
  return undefined;
}

/** The hosts, the loads seen on them, their base images and their places in pools: all that the fleet knows of them. */
export function removalOf(fleet: FleetView, hostnames: ReadonlySet<string>): readonly Change[] {
  const claims = [...hostnames]
    .flatMap((hostname) => fleet.claimsOn(hostname))
    .map((claim) => remove('claim', claimKey(claim.hostname, claim.vmid), 'REMOVED'));
  const images = [...fleet.all('image')]
    .filter((image) => hostnames.has(image.hostname))
    .map((image) => remove('image', imageKey(image.pool, image.hostname, image.name), 'REMOVED'));
  const pools = [...fleet.all('pool')]
    .filter((pool) => pool.hosts.some((hostname) => hostnames.has(hostname)))
    .map((pool) => put('pool', { ...pool, hosts: pool.hosts.filter((hostname) => !hostnames.has(hostname)) }));
  const hosts = [...hostnames].map((hostname) => remove('host', hostname, 'REMOVED'));
  return [...claims, ...images, ...pools, ...hosts];
}

const NAMED_AT_MOST = 10;

function someOf(names: readonly string[]): string {
  const more = names.length > NAMED_AT_MOST ? ', ...' : '';
  return names.slice(0, NAMED_AT_MOST).join(', ') + more;
}
