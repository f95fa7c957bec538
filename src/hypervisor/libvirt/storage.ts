// Storage pools and volumes, through libvirt's storage API alone.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ErrorCode,
  isNoPool,
  isNoVolume,
  isVolumeExists,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  type PoolRef,
  PoolState,
  type VolumeRef,
} from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type HostDriver, HypervisorError, type PoolFacts, type VolumeFacts } from '../../ports/hypervisor.js';
import { parsePool, parseVolume, renderQcow2Volume } from '../../xml/storage.js';
import { isAnswer, orElse } from './errors.js';
import type { Session } from './session.js';

type Storage = Pick<HostDriver, 'pools' | 'volume' | 'createVolume' | 'deleteVolume'>;

export function storageMethods(session: Session): Storage {
  const { hostname } = session.address;
  return {
    pools(options) {
      return session.call(listPools, options);
    },
    volume(pool, name, options) {
      return session.call(async (calls, sent) => {
        const poolRef = await calls.pools.lookup(pool, sent);
        const found = await findVolume(calls, poolRef, name, hostname, sent);
        // Known, but removed by another host: libvirt sees that only when it opens the file.
        return found && orElse(volumeFacts(calls, found, sent), isNoVolume, undefined);
      }, options);
    },
    createVolume(pool, name, capacityKib, base, options) {
      return session.call(async (calls, sent) => {
        const poolRef = await calls.pools.lookup(pool, sent);
        const backing = base === '' ? undefined : await needVolume(calls, poolRef, base, hostname, sent);
        const described = backing && parseVolume(await calls.volumes.xml(backing, sent));
        const made = await createIn(
          calls,
          poolRef,
          name,
          renderQcow2Volume(name, capacityKib, described),
          hostname,
          sent,
        );
        return volumeFacts(calls, made, sent);
      }, options);
    },
    deleteVolume(pool, name, options) {
      return session.call(async (calls, sent) => {
        const poolRef = await calls.pools.lookup(pool, sent);
        await calls.volumes.delete(await needVolume(calls, poolRef, name, hostname, sent), 0, sent);
      }, options);
    },
  };
}

export async function listPools(calls: LibvirtCalls, sent: LibvirtCallOptions): Promise<PoolFacts[]> {
  const refs = await calls.pools.list(sent);
  const facts = refs.map(async (pool): Promise<PoolFacts | undefined> => {
    const [info, xml] = await Promise.all([calls.pools.info(pool, sent), calls.pools.xml(pool, sent)]);
    return {
      ...parsePool(xml),
      name: pool.name,
      active: info.state === PoolState.RUNNING || info.state === PoolState.DEGRADED,
      capacityKib: Number(info.capacityBytes / 1024n),
      availableKib: Number(info.availableBytes / 1024n),
    };
  });
  // One that was removed since it was listed is no more a pool of the host.
  const found = await Promise.all(facts.map((each) => orElse(each, isNoPool, undefined)));
  return found.filter((each) => each !== undefined);
}

/**
 * The volume, if the pool has it. What another host made in a shared pool is known to this host's libvirtd only once
 * it has looked again, so a volume that is not known is looked for once more.
 */
export async function findVolume(
  calls: LibvirtCalls,
  pool: PoolRef,
  name: string,
  hostname: string,
  sent: LibvirtCallOptions,
): Promise<VolumeRef | undefined> {
  const known = await orElse(calls.volumes.lookup(pool, name, sent), isNoVolume, undefined);
  if (known !== undefined) return known;
  await refresh(calls, pool, hostname, sent);
  return orElse(calls.volumes.lookup(pool, name, sent), isNoVolume, undefined);
}

/** Waits while libvirt cannot look: a volume of the pool is being made or filled. CONFLICT if that lasts. */
export async function refresh(
  calls: LibvirtCalls,
  pool: PoolRef,
  hostname: string,
  sent: LibvirtCallOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.pools.refresh(pool, sent);
    } catch (error) {
      if (!isAnswer(error)) throw error;
      if (error.code !== ErrorCode.INTERNAL_ERROR || attempt === LIMITS.poolBusyAttempts) {
        throw new HypervisorError('CONFLICT', hostname, `pool ${pool.name}: ${error.message}`, { cause: error });
      }
      await sleep(LIMITS.poolBusyRetryMs, undefined, { ...(sent.signal && { signal: sent.signal }) });
    }
  }
}

export async function needVolume(
  calls: LibvirtCalls,
  pool: PoolRef,
  name: string,
  hostname: string,
  sent: LibvirtCallOptions,
): Promise<VolumeRef> {
  const found = await findVolume(calls, pool, name, hostname, sent);
  if (found !== undefined) return found;
  throw new HypervisorError('NO_VOLUME', hostname, `pool ${pool.name} has no volume ${name}`);
}

/**
 * CONFLICT if it exists, also as a file that libvirt did not know of. One that libvirt still knows of but another host
 * has removed from a shared pool does not exist.
 */
export async function createIn(
  calls: LibvirtCalls,
  pool: PoolRef,
  name: string,
  xml: string,
  hostname: string,
  sent: LibvirtCallOptions,
): Promise<VolumeRef> {
  try {
    return await calls.volumes.create(pool, xml, 0, sent);
  } catch (error) {
    if (!isAnswer(error)) throw error;
    await refresh(calls, pool, hostname, sent);
    const found = await orElse(calls.volumes.lookup(pool, name, sent), isNoVolume, undefined);
    if (found === undefined && isVolumeExists(error)) return calls.volumes.create(pool, xml, 0, sent);
    if (found === undefined) throw error;
    throw new HypervisorError('CONFLICT', hostname, `pool ${pool.name} has a volume ${name} already`, { cause: error });
  }
}

export async function volumeFacts(
  calls: LibvirtCalls,
  volume: VolumeRef,
  sent: LibvirtCallOptions,
): Promise<VolumeFacts> {
  const { name, path, format, capacityKib, allocationKib, backingPath } = parseVolume(
    await calls.volumes.xml(volume, sent),
  );
  // libvirt tells an ISO image from other raw ones by its contents; QEMU knows but the one.
  const asQemu = format === 'iso' ? 'raw' : format;
  return { pool: volume.pool, name, path, format: asQemu, capacityKib, allocationKib, backingPath };
}
