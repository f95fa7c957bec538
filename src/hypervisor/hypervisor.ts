// The hypervisor that virtdc works with: the scheme of a host's URI decides which adapter drives it.

import { type HostAddress, type Hypervisor, HypervisorError } from '../ports/hypervisor.js';

export interface Adapters {
  /** For sim://. */
  readonly simulated: Hypervisor;
  /** For every scheme that libvirt itself is reached by. */
  readonly libvirt: Hypervisor;
}

const ADAPTER_OF: ReadonlyMap<string, keyof Adapters> = new Map([
  ['sim', 'simulated'],
  ['qemu+unix', 'libvirt'],
  ['qemu+tls', 'libvirt'],
  ['qemu+tcp', 'libvirt'],
  ['qemu+ssh', 'libvirt'],
  ['test+unix', 'libvirt'],
]);

/** host() throws HypervisorError UNSUPPORTED for any other scheme. */
export function hypervisorByScheme(adapters: Adapters): Hypervisor {
  return {
    host(address: HostAddress) {
      const scheme = address.uri.slice(0, Math.max(0, address.uri.indexOf('://')));
      const adapter = ADAPTER_OF.get(scheme);
      if (adapter !== undefined) return adapters[adapter].host(address);
      throw new HypervisorError('UNSUPPORTED', address.hostname, `no hypervisor is reached by ${address.uri}`);
    },
    async close() {
      await Promise.all([adapters.simulated.close(), adapters.libvirt.close()]);
    },
  };
}
