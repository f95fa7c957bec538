// What libvirt says of a host: its size, its CPU, what guests can use there.

import type { HostFacts } from '../../fleet/host.js';
import {
  CpuComparison,
  isOperationUnsupported,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
} from '../../libvirt/client.js';
import type { HostDriver } from '../../ports/hypervisor.js';
import { hostCapabilities, hostModelCpu } from '../../xml/capabilities.js';
import { isBridge } from '../../xml/interfaces.js';
import { isAnswer, orElse } from './errors.js';
import type { Session } from './session.js';
import { listPools } from './storage.js';

export function factsMethods(session: Session): Pick<HostDriver, 'facts'> {
  return {
    facts(options) {
      return session.call(readFacts, options);
    },
  };
}

async function readFacts(calls: LibvirtCalls, sent: LibvirtCallOptions): Promise<HostFacts> {
  const { host, networks, interfaces } = calls;
  const [node, memory, capabilities, domainCapabilities, hostname, libvirtVersion, hypervisorVersion] =
    await Promise.all([
      host.nodeInfo(sent),
      orElse(host.memoryStats(sent), isOperationUnsupported, new Map<string, bigint>()),
      host.capabilities(sent),
      // Also where it is no more than a CPU that libvirt cannot describe.
      orElse(host.domainCapabilities({}, sent), isAnswer, undefined),
      host.hostname(sent),
      host.libvirtVersion(sent),
      host.hypervisorVersion(sent),
    ]);
  const { uuid, arch, cpuModel, kvm, machineTypes } = hostCapabilities(capabilities);
  return {
    cpu: node.cpus,
    // Not the node's own figure: that is of the first NUMA nodes as they were when libvirtd started.
    memoryKib: Number(memory.get('total') ?? node.memoryKib),
    libvirtHostname: hostname,
    libvirtUuid: uuid,
    libvirtVersion: versionText(libvirtVersion),
    hypervisorVersion: versionText(hypervisorVersion),
    arch,
    cpuModel: cpuModel || node.model,
    cpuXml: domainCapabilities === undefined ? '' : hostModelCpu(domainCapabilities),
    pools: (await listPools(calls, sent)).flatMap(({ name, active }) => (active ? [name] : [])).sort(),
    networks: (await orElse(networks.listActive(sent), isOperationUnsupported, [])).map(({ name }) => name).sort(),
    bridges: await bridgesOf(interfaces, sent),
    machineTypes,
    cpuUnplug: kvm && (await canVirtualize(calls, arch, sent)),
  };
}

/**
 * libvirt offers KVM wherever the kernel has it, also on a CPU that cannot virtualize, where such guests do not come up
 * and all that run are emulated. Of x86 it can be asked for the feature.
 */
async function canVirtualize(calls: LibvirtCalls, arch: string, sent: LibvirtCallOptions): Promise<boolean> {
  if (arch !== 'x86_64') return true;
  const compared = ['vmx', 'svm'].map((feature) => {
    const cpu = `<cpu match='minimum'><model>486</model><feature policy='require' name='${feature}'/></cpu>`;
    return orElse(calls.host.compareCpu(cpu, {}, sent), isAnswer, CpuComparison.ERROR);
  });
  return (await Promise.all(compared)).some(
    (each) => each === CpuComparison.IDENTICAL || each === CpuComparison.SUPERSET,
  );
}

async function bridgesOf(interfaces: LibvirtCalls['interfaces'], sent: LibvirtCallOptions): Promise<string[]> {
  const active = await orElse(interfaces.listActive(sent), isOperationUnsupported, []);
  const bridges = await Promise.all(
    active.map(async (each) => (isBridge(await interfaces.xml(each, sent)) ? [each.name] : [])),
  );
  return bridges.flat().sort();
}

/** libvirt counts a version as major * 1,000,000 + minor * 1,000 + release. */
function versionText(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000].join('.');
}
