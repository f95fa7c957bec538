// Looks up the domains that AdoptGuests is to take in, with what their XML says of them.

import { basename, dirname } from 'node:path';
import type { AdoptableDomain } from '../commands/adopt-guests.js';
import type { GuestDisk } from '../fleet/guest.js';
import { type HostDriver, HypervisorError, type ObservedDomain, type PoolFacts } from '../ports/hypervisor.js';
import { type DomainDisk, domainFacts } from '../xml/domain-facts.js';
import { driverOf, type RpcParts } from './parts.js';

type Selector = { readonly $case: 'uuid' | 'domainName'; readonly value: string };

export interface Wanted {
  readonly domain: Selector | undefined;
  readonly vmid: string;
}

/** Those wanted, or where none are named all that are active and not guests yet. */
export async function adoptable(
  parts: RpcParts,
  hostname: string,
  wanted: readonly Wanted[],
): Promise<{ readonly domains: readonly AdoptableDomain[]; readonly missing: readonly Selector[] }> {
  const { fleet } = parts.authority;
  const driver = driverOf(parts, fleet, hostname);
  const present = await driver.domains();
  const missing: Selector[] = [];
  const chosen: { seen: ObservedDomain; vmid: string }[] = [];
  for (const { domain, vmid } of wanted) {
    if (domain === undefined) continue;
    const seen = present.find((one) => (domain.$case === 'uuid' ? one.uuid : one.domainName) === domain.value);
    if (seen === undefined) missing.push(domain);
    else chosen.push({ seen, vmid });
  }
  if (wanted.length === 0) {
    const active = present.filter(
      ({ state, uuid }) => (state === 'RUNNING' || state === 'PAUSED') && fleet.guestByUuid(uuid) === undefined,
    );
    chosen.push(...active.map((seen) => ({ seen, vmid: '' })));
  }
  const registered = (name: string): boolean => fleet.get('pool', name)?.hosts.includes(hostname) === true;
  const pools = (await driver.pools()).filter((pool) => registered(pool.name));
  const described = await Promise.all(chosen.map(({ seen, vmid }) => describe(driver, pools, seen, vmid)));
  return { domains: described.filter((one) => one !== undefined), missing };
}

/** undefined: it is gone meanwhile. */
async function describe(
  driver: HostDriver,
  pools: readonly PoolFacts[],
  seen: ObservedDomain,
  vmid: string,
): Promise<AdoptableDomain | undefined> {
  const { uuid, domainName, state, persistent, migratingOut } = seen;
  try {
    const xml = await driver.domainXml(uuid);
    const facts = domainFacts(xml);
    const own = facts.disks.filter((disk) => disk.hasSource && disk.device === 'disk');
    return {
      hostname: driver.address.hostname,
      uuid,
      domainName,
      state,
      persistent,
      migratingOut,
      vmid,
      currentCpu: seen.currentCpu ?? facts.currentCpu,
      maxCpu: seen.maxCpu ?? facts.maxCpu,
      currentMemoryKib: seen.balloonKib ?? facts.currentMemoryKib,
      maxMemoryKib: seen.maxMemoryKib ?? facts.maxMemoryKib,
      disks: await Promise.all(own.map((disk) => diskOf(driver, pools, disk))),
      nics: facts.nics,
      xml,
    };
  } catch (error) {
    if (error instanceof HypervisorError && error.kind === 'NO_DOMAIN') return undefined;
    throw error;
  }
}

/** In the registered pool whose directory it lies in; elsewhere its pool is not known. virtdc never removes it. */
async function diskOf(driver: HostDriver, pools: readonly PoolFacts[], disk: DomainDisk): Promise<GuestDisk> {
  const volume = basename(disk.path);
  const pool = pools.find(({ path }) => path !== '' && dirname(disk.path) === path);
  const facts = pool && (await driver.volume(pool.name, volume));
  return {
    target: disk.target,
    pool: facts === undefined ? '' : facts.pool,
    volume: facts === undefined ? '' : volume,
    path: disk.path,
    format: disk.format === 'qcow2' ? 'qcow2' : 'raw',
    baseImage: '',
    capacityKib: facts?.capacityKib ?? 0,
    role: 'DISK',
    madeByVirtdc: false,
  };
}
