// Fills a new volume with given bytes, over a connection of its own so that it holds up no other call. What is not
// finished is removed again.

import { isNoVolume, type LibvirtCalls, type PoolRef, type VolumeRef } from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type CallOptions, type HostDriver, HypervisorError, type VolumeFacts } from '../../ports/hypervisor.js';
import { seedImage } from '../../seed/seed-image.js';
import { renderRawVolume } from '../../xml/storage.js';
import { translated } from './errors.js';
import type { Session } from './session.js';
import { createIn, refresh, volumeFacts } from './storage.js';

export function uploadMethods(session: Session): Pick<HostDriver, 'uploadVolume' | 'createSeed'> {
  return {
    uploadVolume(pool, name, _format, sizeBytes, content, options) {
      return upload(session, pool, name, sizeBytes, content, options);
    },
    createSeed(pool, name, seed, instanceId, options) {
      const image = seedImage(seed, instanceId);
      return upload(session, pool, name, image.byteLength, [image], options);
    },
  };
}

async function upload(
  session: Session,
  poolName: string,
  name: string,
  sizeBytes: number,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CallOptions = {},
): Promise<VolumeFacts> {
  const { hostname } = session.address;
  const connection = await session.connectSeparately(options);
  // The deadline is for each call, and a standstill is bounded by the connection; the transfer takes the time it takes.
  const sent = { deadlineMs: LIMITS.libvirtCallDeadlineMs, ...(options.signal ? { signal: options.signal } : {}) };
  try {
    const pool = await connection.pools.lookup(poolName, sent);
    const volume = await createIn(connection, pool, name, renderRawVolume(name, sizeBytes), hostname, sent);
    try {
      const exactly = exactBytes(content, sizeBytes, hostname);
      await connection.volumes.upload(
        volume,
        exactly,
        { length: BigInt(sizeBytes) },
        { ...sent, deadlineMs: options.deadlineMs ?? LIMITS.libvirtCallDeadlineMs },
      );
      // Only now libvirt can see what is in it: its format, the size a guest sees.
      await refresh(connection, pool, hostname, sent);
      return await volumeFacts(connection, volume, sent);
    } catch (error) {
      await discard(session, pool, volume);
      throw error;
    }
  } catch (error) {
    throw translated(error, hostname);
  } finally {
    connection.close();
  }
}

/** Over the session's own connection, and not under the caller's signal: it may be that which ended the transfer. */
async function discard(session: Session, pool: PoolRef, volume: VolumeRef): Promise<void> {
  await session.call(async (calls: LibvirtCalls, sent) => {
    try {
      await calls.volumes.delete(await calls.volumes.lookup(pool, volume.name, sent), 0, sent);
    } catch (error) {
      if (!isNoVolume(error)) throw error;
    }
  });
}

/** Passes the chunks on, and ends in an error unless they are as many bytes as was said. */
async function* exactBytes(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sizeBytes: number,
  hostname: string,
): AsyncGenerator<Uint8Array> {
  let passedBytes = 0;
  for await (const chunk of content) {
    passedBytes += chunk.byteLength;
    if (passedBytes > sizeBytes)
      throw new HypervisorError('REFUSED', hostname, `more than ${sizeBytes} bytes were given`);
    yield chunk;
  }
  if (passedBytes < sizeBytes) {
    throw new HypervisorError('REFUSED', hostname, `${passedBytes} of ${sizeBytes} bytes were given`);
  }
}
