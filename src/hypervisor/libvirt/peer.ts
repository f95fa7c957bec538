// Dials another host from this one as a peer-to-peer migration would. Nothing short of a migration shows that both the
// daemons and the emulators reach each other, so a probe is moved: a paused, empty domain of 16 MiB that never runs.

import { randomUUID } from 'node:crypto';
import { CreateFlag, isNoDomain, isOperationInvalid, MigrateFlag } from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type CallOptions, type HostAddress, type HostDriver, HypervisorError } from '../../ports/hypervisor.js';
import { probeDomain } from '../../xml/probe-domain.js';
import { MIGRATE_FLAGS, migrationTarget } from './migration.js';
import type { LibvirtOptions } from './options.js';
import { isProbe, PROBE_NAME } from './probe.js';
import type { Session } from './session.js';

/** Probes of this process that are under way; any other that is met was left behind by one that ended too early. */
const underWay = new Set<string>();

/** `sessionOf` gives the connection to the peer from here, over which the probe is removed there. */
export function peerMethods(
  session: Session,
  sessionOf: (address: HostAddress) => Session,
  adapter: LibvirtOptions,
): Pick<HostDriver, 'dialPeer'> {
  return {
    async dialPeer(peer, options) {
      const target = migrationTarget(session.address, peer, adapter);
      const peerSession = sessionOf(peer);
      await sweep(session, options);
      await sweepPeer(peerSession, session.address.hostname, options);
      const uuid = randomUUID();
      underWay.add(uuid);
      try {
        await session.call(
          async (calls, sent) => {
            await calls.domains.create(probeDomain(PROBE_NAME + uuid, uuid), CreateFlag.PAUSED, sent);
            const flags = MIGRATE_FLAGS | MigrateFlag.AUTO_CONVERGE | MigrateFlag.PAUSED;
            await calls.migrations.perform(uuid, target.uri, target.params, flags, sent);
          },
          options,
          { deadlineMs: LIMITS.libvirtCreateDeadlineMs, long: true },
        );
      } finally {
        await Promise.all([remove(session, uuid), remove(peerSession, uuid)]);
        underWay.delete(uuid);
      }
    },
  };
}

/** Under a deadline of its own: what was tried is cleared away also where it was given up. */
function remove(session: Session, uuid: string): Promise<void> {
  return session.call(async (calls, sent) => {
    try {
      await calls.domains.destroy(uuid, 0, sent);
    } catch (error) {
      if (!isNoDomain(error) && !isOperationInvalid(error)) throw error;
    }
  });
}

/** Where the probe could not be removed again, none is sent. */
async function sweepPeer(peer: Session, hostname: string, options: CallOptions | undefined): Promise<void> {
  try {
    await sweep(peer, options);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    const message = `${peer.address.hostname} was not dialed, since virtdc itself does not reach it: ${error.message}`;
    throw new HypervisorError('REFUSED', hostname, message, { cause: error });
  }
}

async function sweep(session: Session, options: CallOptions | undefined): Promise<void> {
  const all = await session.call((calls, sent) => calls.domains.list(0, sent), options);
  const left = all.filter(({ name, uuid }) => isProbe(name) && !underWay.has(uuid));
  for (const { uuid } of left) await remove(session, uuid);
}
