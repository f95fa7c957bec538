// The digest of a volume's bytes, read over a connection of its own so that it holds up no other call.

import { createHash } from 'node:crypto';
import { LIMITS } from '../../limits.js';
import type { HostDriver } from '../../ports/hypervisor.js';
import { translated } from './errors.js';
import type { Session } from './session.js';
import { needVolume } from './storage.js';

export function digestMethods(session: Session): Pick<HostDriver, 'volumeDigest'> {
  const { hostname } = session.address;
  return {
    async volumeDigest(poolName, name, options = {}) {
      const connection = await session.connectSeparately(options);
      // The deadline is for each call; a standstill is bounded by the connection.
      const sent = { deadlineMs: LIMITS.libvirtCallDeadlineMs, ...(options.signal ? { signal: options.signal } : {}) };
      try {
        const pool = await connection.pools.lookup(poolName, sent);
        const volume = await needVolume(connection, pool, name, hostname, sent);
        const hash = createHash('sha256');
        for await (const chunk of await connection.volumes.download(volume, {}, sent)) hash.update(chunk as Uint8Array);
        return hash.digest('hex');
      } catch (error) {
        throw translated(error, hostname);
      } finally {
        connection.close();
      }
    },
  };
}
