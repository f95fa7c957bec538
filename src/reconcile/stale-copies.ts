// A host that was proven to be off has come back: before it is used, or anything is started on it, what it still has of
// guests that belong elsewhere by now, or are gone, is ended and removed. What virtdc did not make is left alone.

import type { Logger } from 'pino';
import { type Authority, UnavailableError } from '../authority/authority.js';
import { claimKey } from '../fleet/claim.js';
import type { LeftBehind } from '../fleet/host.js';
import { type HostDriver, HypervisorError, type HypervisorErrorKind, isActive } from '../ports/hypervisor.js';

export interface StaleCopiesParts {
  readonly authority: Authority;
  readonly driver: HostDriver;
  readonly log: Logger;
}

/** Answers the UUIDs that were dealt with; rejects with HypervisorError where the host ceases to answer. */
export async function clearStaleCopies(parts: StaleCopiesParts, left: readonly LeftBehind[]): Promise<Set<string>> {
  const cleared = new Set<string>();
  for (const one of left) {
    const place = placeOf(parts, one);
    if (place === 'ELSEWHERE') await clear(parts, one);
    if (place !== 'OPEN') cleared.add(one.uuid);
  }
  return cleared;
}

/**
 * ELSEWHERE: it has left the host, or goes for good, and whoever ends it may have taken the host for off. OPEN: a migration
 * from or to the host has still to settle where it is. HERE: it was lost here and is not started elsewhere.
 */
function placeOf({ authority, driver }: StaleCopiesParts, { vmid, uuid }: LeftBehind): 'HERE' | 'ELSEWHERE' | 'OPEN' {
  const { fleet } = authority;
  const guest = fleet.get('guest', vmid);
  const claimed = fleet.get('claim', claimKey(driver.address.hostname, vmid)) !== undefined;
  if (guest?.uuid !== uuid || !claimed || guest.state === 'TERMINATING') return 'ELSEWHERE';
  return guest.operation === '' ? 'HERE' : 'OPEN';
}

async function clear(parts: StaleCopiesParts, left: LeftBehind): Promise<void> {
  const { driver, log } = parts;
  const { uuid, vmid } = left;
  const host = driver.address.hostname;
  // Looked at again after each deed: with its host a domain may start by itself in between.
  for (let domain = await driver.domain(uuid); domain !== undefined; domain = await driver.domain(uuid)) {
    if (!(await isOurs(driver, left))) {
      log.error({ host, vmid, uuid }, 'a domain with the UUID of a guest is not marked as its own; it is left alone');
      return;
    }
    log.warn({ host, vmid, uuid, state: domain.state }, 'stale copy of a guest ended');
    mayAct(parts);
    if (isActive(domain)) await unless('NO_DOMAIN', driver.destroy(uuid));
    mayAct(parts);
    if (domain.persistent) await unless('NO_DOMAIN', driver.undefine(uuid));
  }
  for (const { pool, volume } of left.volumes) {
    mayAct(parts);
    await unless('NO_VOLUME', driver.deleteVolume(pool, volume));
  }
}

async function isOurs(driver: HostDriver, { uuid, vmid, marked }: LeftBehind): Promise<boolean> {
  const mark = await driver.domainMark(uuid);
  return mark === undefined ? !marked : mark.vmid === vmid;
}

function mayAct({ authority }: StaleCopiesParts): void {
  if (!authority.mayAct()) throw new UnavailableError('the lease does not last long enough to act on a host');
}

async function unless(kind: HypervisorErrorKind, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof HypervisorError && error.kind === kind)) throw error;
  }
}
