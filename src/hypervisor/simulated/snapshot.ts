// A whole simulated datacenter as plain data, and back. What was made to fail (frozen daemons, partitions) is no part of it;
// time goes on while it is written down, as it does for real hosts while virtdc is away.

import type { SimulatedDatacenter } from './datacenter.js';
import type { Domain } from './domain.js';
import { finishStart } from './domain-calls.js';
import { follow } from './guest-life.js';
import type { MigrationJob } from './migration-job.js';
import { drive } from './migration-steps.js';
import type { HostSettings, PoolSettings } from './settings.js';
import { Pool, type Volume } from './storage.js';

const VERSION = 1;

interface PoolSnapshot {
  readonly settings: PoolSettings;
  readonly active: boolean;
  readonly volumes: readonly Volume[];
}

interface HostSnapshot {
  readonly name: string;
  readonly settings: HostSettings;
  readonly powered: boolean;
  readonly daemonStarts: number;
  readonly localPools: readonly PoolSnapshot[];
  readonly domains: readonly Domain[];
}

export interface DatacenterSnapshot {
  readonly version: typeof VERSION;
  readonly randomState: number;
  readonly sharedPools: readonly PoolSnapshot[];
  readonly hosts: readonly HostSnapshot[];
  readonly jobs: readonly MigrationJob[];
}

/** Shares its parts with the living datacenter: to be made into text at once. */
export function snapshotOf(datacenter: SimulatedDatacenter): DatacenterSnapshot {
  return {
    version: VERSION,
    randomState: datacenter.random.state,
    sharedPools: [...datacenter.sharedPools.values()].map(poolSnapshot),
    hosts: [...datacenter.hosts.values()].map((host) => ({
      name: host.name,
      settings: host.settings,
      powered: host.powered,
      daemonStarts: host.daemonStarts,
      localPools: [...host.pools.values()].filter((pool) => pool.settings.kind === 'LOCAL').map(poolSnapshot),
      domains: [...host.domains.values()],
    })),
    // One that was still being prepared has left nothing yet, and nobody waits for it any more.
    jobs: [...datacenter.jobs.values()].filter((job) => job.phase !== 'PREPARE'),
  };
}

function poolSnapshot(pool: Pool): PoolSnapshot {
  return { settings: pool.settings, active: pool.active, volumes: [...pool.volumes.values()] };
}

/** Makes the datacenter what the snapshot was, in place of what it has; owns the snapshot from then on. */
export function restore(datacenter: SimulatedDatacenter, snapshot: DatacenterSnapshot): void {
  if (snapshot.version !== VERSION) throw new Error(`a simulated datacenter of version ${String(snapshot.version)}`);
  datacenter.random.state = snapshot.randomState;
  for (const { settings, ...rest } of snapshot.sharedPools)
    datacenter.sharedPools.set(settings.name, pool(settings, rest));
  for (const job of snapshot.jobs) datacenter.jobs.set(job.id, job);
  for (const host of snapshot.hosts) restoreHost(datacenter, host);
  for (const job of snapshot.jobs) {
    if (job.finish === 'SENT') job.finish = 'UNSENT';
    drive(datacenter, job);
  }
}

function restoreHost(datacenter: SimulatedDatacenter, snapshot: HostSnapshot): void {
  const host = datacenter.addHost(snapshot.name, snapshot.settings);
  for (const { settings, ...rest } of snapshot.localPools) host.pools.set(settings.name, pool(settings, rest));
  host.powered = snapshot.powered;
  host.daemon = snapshot.powered ? 'UP' : 'DEAD';
  host.daemonStarts = snapshot.daemonStarts;
  for (const domain of snapshot.domains) {
    host.domains.set(domain.uuid, domain);
    if (domain.job !== undefined && !datacenter.jobs.has(domain.job.id)) domain.job = undefined;
    const { machine } = domain;
    if (machine === undefined) continue;
    datacenter.homes.set(machine, { host, domain });
    if (domain.reason === 'STARTING_UP') finishStart(host, domain, machine);
    else if (machine.pausedAt === undefined) follow(datacenter, machine);
  }
}

function pool(settings: PoolSettings, { active, volumes }: Omit<PoolSnapshot, 'settings'>): Pool {
  const restored = new Pool(settings);
  restored.active = active;
  for (const volume of volumes) restored.volumes.set(volume.name, volume);
  return restored;
}
