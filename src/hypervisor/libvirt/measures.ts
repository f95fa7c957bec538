// What libvirt does not simply tell: how fast a guest writes its memory, and what time it is on a host.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isOperationInvalid,
  isOperationUnsupported,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  StatsType,
} from '../../libvirt/client.js';
import type { HostDriver } from '../../ports/hypervisor.js';
import { renderRawVolume, volumeMadeAt } from '../../xml/storage.js';
import type { Session } from './session.js';

/** virDomainDirtyRateStatus */
const MEASURED = 2;
const MEASURE_S = 1;
/** QEMU needs a moment longer than it measures. */
const LOOKS = 8;
const LOOK_MS = 250;
const BYTES_PER_MIB = 1024 * 1024;

export function measureMethods(session: Session): Pick<HostDriver, 'dirtyBytesPerS' | 'clockOf'> {
  return {
    dirtyBytesPerS(uuid, options) {
      return session.call((calls, sent) => dirtyRate(calls, uuid, sent), options);
    },
    clockOf(pool, options) {
      return session.call((calls, sent) => clock(calls, pool, sent), options);
    },
  };
}

async function dirtyRate(calls: LibvirtCalls, uuid: string, sent: LibvirtCallOptions): Promise<number | undefined> {
  try {
    await calls.migrations.startDirtyRate(uuid, MEASURE_S, sent);
  } catch (error) {
    // An older QEMU, a guest that is not running, or a measurement that is going on.
    if (isOperationUnsupported(error) || isOperationInvalid(error)) return undefined;
    throw error;
  }
  await sleep(MEASURE_S * 1_000);
  for (let look = 0; look < LOOKS; look++) {
    const [stats] = await calls.domains.stats(StatsType.DIRTYRATE, 0, [uuid], sent);
    if (stats?.params.number('dirtyrate.calc_status') === MEASURED) {
      const mibPerS = stats.params.number('dirtyrate.megabytes_per_second');
      return mibPerS === undefined ? undefined : mibPerS * BYTES_PER_MIB;
    }
    await sleep(LOOK_MS);
  }
  return undefined;
}

async function clock(calls: LibvirtCalls, pool: string, sent: LibvirtCallOptions): Promise<Date | undefined> {
  const poolRef = await calls.pools.lookup(pool, sent);
  const made = await calls.volumes.create(poolRef, renderRawVolume(`virtdc-clock-${randomUUID()}`, 1024), 0, sent);
  try {
    return volumeMadeAt(await calls.volumes.xml(made, sent));
  } finally {
    await calls.volumes.delete(made, 0, sent);
  }
}
