// What CheckMigration asks the hosts themselves: how fast the guest writes, how much its disks hold, whether the source can
// dial the target. What cannot be found out is unknown, never good.

import type { MigrationCheck } from '../policy/migratable.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { driverOf, type RpcParts } from './parts.js';

export interface LiveFigures {
  readonly forecast: { readonly dirtyMibPerS: number | undefined; readonly copiedKib: number | undefined };
  connection(sourceHost: string, destHost: string): Promise<ConnectionCheck>;
}

export type ConnectionCheck = Pick<MigrationCheck, 'verdict' | 'detail' | 'fix'>;

const BYTES_PER_MIB = 1024 * 1024;

export async function liveMigrationFigures(parts: RpcParts, vmid: string): Promise<LiveFigures> {
  const { fleet } = parts.authority;
  const guest = fleet.get('guest', vmid);
  const copied =
    guest?.disks.filter((disk) => disk.madeByVirtdc && fleet.get('pool', disk.pool)?.kind === 'LOCAL') ?? [];
  const dirtyBytesPerS =
    guest?.state === 'RUNNING'
      ? await unlessSilent(driverOf(parts, fleet, guest.hostname).dirtyBytesPerS(guest.uuid))
      : undefined;
  let copiedKib: number | undefined;
  if (guest !== undefined && copied.length > 0) {
    const driver = driverOf(parts, fleet, guest.hostname);
    const held = await Promise.all(
      copied.map(async (disk) => (await unlessSilent(driver.volume(disk.pool, disk.volume)))?.allocationKib),
    );
    copiedKib = held.every((kib) => kib !== undefined) ? held.reduce((sum, kib) => sum + kib, 0) : undefined;
  }
  return {
    forecast: { dirtyMibPerS: dirtyBytesPerS === undefined ? undefined : dirtyBytesPerS / BYTES_PER_MIB, copiedKib },
    connection: (sourceHost, destHost) => dial(parts, sourceHost, destHost),
  };
}

async function unlessSilent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof HypervisorError) return undefined;
    throw error;
  }
}

async function dial(parts: RpcParts, sourceHost: string, destHost: string): Promise<ConnectionCheck> {
  const { fleet } = parts.authority;
  const dest = fleet.get('host', destHost);
  if (dest === undefined) return { verdict: 'UNKNOWN', detail: `${destHost} is gone`, fix: '' };
  try {
    await driverOf(parts, fleet, sourceHost).dialPeer(dest);
    return { verdict: 'PASS', detail: `${sourceHost} reaches ${destHost} at ${dest.migrationUri}`, fix: '' };
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    const silent = error.kind === 'UNREACHABLE' || error.kind === 'UNKNOWN_OUTCOME';
    const fix = `let libvirtd on ${sourceHost} reach ${dest.migrationUri}: ports open, credentials on both hosts (virtdc hosts check)`;
    return { verdict: silent ? 'UNKNOWN' : 'FAIL', detail: error.message, fix };
  }
}
