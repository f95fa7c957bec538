// Changes how many vCPUs and how much memory a running domain has.

import {
  isOperationTimeout,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  MemoryFlag,
  VcpuFlag,
} from '../../libvirt/client.js';
import { type HostDriver, HypervisorError } from '../../ports/hypervisor.js';
import { domainTypeOf } from '../../xml/domain-facts.js';
import type { Session } from './session.js';

export function scalingMethods(session: Session): Pick<HostDriver, 'setPluggedCpu' | 'setMemory'> {
  const { hostname } = session.address;
  return {
    setPluggedCpu(uuid, cpu, options) {
      return session.call((calls, sent) => setPluggedCpu(calls, hostname, uuid, cpu, sent), options, { long: true });
    },
    setMemory(uuid, memoryKib, options) {
      return session.call(
        async (calls, sent) => {
          const flags = MemoryFlag.LIVE | ((await calls.domains.isPersistent(uuid, sent)) ? MemoryFlag.CONFIG : 0);
          await calls.domains.setMemory(uuid, BigInt(memoryKib), flags, sent);
        },
        options,
        { long: true },
      );
    },
  };
}

async function setPluggedCpu(
  calls: LibvirtCalls,
  hostname: string,
  uuid: string,
  cpu: number,
  sent: LibvirtCallOptions,
): Promise<void> {
  const [current, persistent] = await Promise.all([
    calls.domains.vcpus(uuid, VcpuFlag.LIVE, sent),
    calls.domains.isPersistent(uuid, sent),
  ]);
  // QEMU without KVM never lets go of a vCPU: the attempt leaves the domain in a state in which the next plug ends it.
  if (cpu < current && domainTypeOf(await calls.domains.xml(uuid, 0, sent)) !== 'kvm') {
    throw new HypervisorError('UNSUPPORTED', hostname, 'an emulated guest does not let go of its vCPUs');
  }
  try {
    await calls.domains.setVcpus(uuid, cpu, VcpuFlag.LIVE | (persistent ? VcpuFlag.CONFIG : 0), sent);
  } catch (error) {
    // Not a lock this time: the guest was asked and has kept its vCPU (for now).
    if (!isOperationTimeout(error) || cpu >= current) throw error;
    throw new HypervisorError('REFUSED', hostname, error.message, { cause: error });
  }
}
