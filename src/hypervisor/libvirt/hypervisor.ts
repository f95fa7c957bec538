// The hosts that libvirt drives: one driver an address, for as long as it is not closed.

import type { HostAddress, HostDriver, Hypervisor } from '../../ports/hypervisor.js';
import { libvirtDriver } from './driver.js';
import type { LibvirtOptions } from './options.js';
import { Session } from './session.js';

interface Entry {
  readonly session: Session;
  readonly driver: HostDriver;
}

/** host() throws HypervisorError UNSUPPORTED for a URI of no form that may be used. Connects when a host is first used. */
export function libvirtHypervisor(options: LibvirtOptions): Hypervisor {
  const entries = new Map<string, Entry>();

  function entryOf(address: HostAddress): Entry {
    const key = JSON.stringify([address.hostname, address.uri, address.migrationUri]);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const session = new Session(address, options);
    const driver = libvirtDriver(
      session,
      (peer) => entryOf(peer).session,
      options,
      () => entries.delete(key),
    );
    const entry = { session, driver };
    entries.set(key, entry);
    return entry;
  }

  return {
    host: (address) => entryOf(address).driver,
    async close() {
      await Promise.all([...entries.values()].map(({ driver }) => driver.close()));
    },
  };
}
