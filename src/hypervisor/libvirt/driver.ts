// The hypervisor port over libvirt: one session a host, its methods by subject.

import type { HostAddress, HostDriver } from '../../ports/hypervisor.js';
import { agentMethods } from './agent.js';
import { consoleMethods } from './console.js';
import { cpuMethods } from './cpu.js';
import { digestMethods } from './digest.js';
import { domainMethods } from './domains.js';
import { factsMethods } from './facts.js';
import { lifecycleMethods } from './lifecycle.js';
import { measureMethods } from './measures.js';
import { migrationMethods } from './migration.js';
import type { LibvirtOptions } from './options.js';
import { peerMethods } from './peer.js';
import { scalingMethods } from './scaling.js';
import type { Session } from './session.js';
import { storageMethods } from './storage.js';
import { uploadMethods } from './upload.js';

export function libvirtDriver(
  session: Session,
  sessionOf: (address: HostAddress) => Session,
  options: LibvirtOptions,
  onClose: () => void,
): HostDriver {
  // Methods throughout, also in the parts: the loader that runs TypeScript gives each arrow function a property for its
  // name, which for some dozens of them a host is more than all that is known of its guests.
  return {
    address: session.address,
    listen(listener, signal) {
      return session.listen(listener, signal);
    },
    barrier(callOptions) {
      return session.barrier(callOptions);
    },
    async close() {
      onClose();
      await session.close();
    },
    ...factsMethods(session),
    ...domainMethods(session),
    ...lifecycleMethods(session),
    ...scalingMethods(session),
    ...agentMethods(session),
    ...consoleMethods(session),
    ...migrationMethods(session, options),
    ...measureMethods(session),
    ...peerMethods(session, sessionOf, options),
    ...storageMethods(session),
    ...uploadMethods(session),
    ...digestMethods(session),
    ...cpuMethods(session),
  };
}
