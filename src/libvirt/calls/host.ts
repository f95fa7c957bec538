// What can be asked of a host as a whole.
import { bound } from '../bound.js';
import type { CallOptions } from '../caller.js';
import { procedures as p } from '../procedures.js';

export interface NodeInfo {
  readonly model: string;
  readonly memoryKib: bigint;
  /** Active logical CPUs. */
  readonly cpus: number;
  readonly mhz: number;
  readonly numaNodes: number;
  readonly sockets: number;
  readonly cores: number;
  readonly threads: number;
}

/** Narrows what is asked to an emulator, architecture, machine type or virtualisation type; what is left out is the host's default. */
export interface HypervisorChoice {
  readonly emulator?: string;
  readonly arch?: string;
  readonly machine?: string;
  readonly virttype?: string;
}

export interface HostCalls {
  /** The driver's name: "QEMU", "Test". */
  type(options?: CallOptions): Promise<string>;
  hostname(options?: CallOptions): Promise<string>;
  /** The URI of the driver as the daemon names it. */
  uri(options?: CallOptions): Promise<string>;
  /** The hypervisor's version, as major * 1,000,000 + minor * 1,000 + release. */
  hypervisorVersion(options?: CallOptions): Promise<number>;
  /** libvirt's version, in the same form. */
  libvirtVersion(options?: CallOptions): Promise<number>;
  capabilities(options?: CallOptions): Promise<string>;
  domainCapabilities(choice?: HypervisorChoice, options?: CallOptions): Promise<string>;
  nodeInfo(options?: CallOptions): Promise<NodeInfo>;
  /** Nanoseconds since boot, summed over all CPUs: "kernel", "user", "idle", "iowait". */
  cpuStats(options?: CallOptions): Promise<ReadonlyMap<string, bigint>>;
  /** KiB: "total", "free", "buffers", "cached". Not known to the test driver. */
  memoryStats(options?: CallOptions): Promise<ReadonlyMap<string, bigint>>;
  freeMemoryBytes(options?: CallOptions): Promise<bigint>;
  /** The CPU (as XML) that a guest may be given on every host, from the host-model or capabilities CPUs of each. */
  baselineCpu(cpusXml: readonly string[], choice?: HypervisorChoice, options?: CallOptions): Promise<string>;
  /** How this host's CPU stands to the given one: a CpuComparison. */
  compareCpu(cpuXml: string, choice?: HypervisorChoice, options?: CallOptions): Promise<number>;
}

const ALL_CPUS = -1;
const ALL_CELLS = -1;

export const hostCalls = bound<HostCalls>({
  type: async (caller, options) => (await caller.call(p.CONNECT_GET_TYPE, {}, options)).type,
  hostname: async (caller, options) => (await caller.call(p.CONNECT_GET_HOSTNAME, {}, options)).hostname,
  uri: async (caller, options) => (await caller.call(p.CONNECT_GET_URI, {}, options)).uri,
  hypervisorVersion: async (caller, options) => Number((await caller.call(p.CONNECT_GET_VERSION, {}, options)).version),
  libvirtVersion: async (caller, options) =>
    Number((await caller.call(p.CONNECT_GET_LIB_VERSION, {}, options)).version),
  capabilities: async (caller, options) => (await caller.call(p.CONNECT_GET_CAPABILITIES, {}, options)).xml,
  domainCapabilities: async (caller, choice, options) =>
    (await caller.call(p.CONNECT_GET_DOMAIN_CAPABILITIES, { ...hypervisor(choice), flags: 0 }, options)).xml,
  nodeInfo: (caller, options) => caller.call(p.NODE_GET_INFO, {}, options),
  // The daemon wants the exact number of counters; asked with 0 it answers that number.
  async cpuStats(caller, options) {
    const { nparams } = await caller.call(p.NODE_GET_CPU_STATS, { cpu: ALL_CPUS, nparams: 0, flags: 0 }, options);
    return counters(await caller.call(p.NODE_GET_CPU_STATS, { cpu: ALL_CPUS, nparams, flags: 0 }, options));
  },
  async memoryStats(caller, options) {
    const { nparams } = await caller.call(p.NODE_GET_MEMORY_STATS, { nparams: 0, cell: ALL_CELLS, flags: 0 }, options);
    return counters(await caller.call(p.NODE_GET_MEMORY_STATS, { nparams, cell: ALL_CELLS, flags: 0 }, options));
  },
  freeMemoryBytes: async (caller, options) => (await caller.call(p.NODE_GET_FREE_MEMORY, {}, options)).bytes,
  baselineCpu: async (caller, xmlCpus, choice, options) =>
    (await caller.call(p.CONNECT_BASELINE_HYPERVISOR_CPU, { ...hypervisor(choice), xmlCpus, flags: 0 }, options)).xml,
  compareCpu: async (caller, xmlCpu, choice, options) =>
    (await caller.call(p.CONNECT_COMPARE_HYPERVISOR_CPU, { ...hypervisor(choice), xmlCpu, flags: 0 }, options)).result,
});

const hypervisor = ({ emulator, arch, machine, virttype }: HypervisorChoice = {}) => ({
  emulator: emulator ?? null,
  arch: arch ?? null,
  machine: machine ?? null,
  virttype: virttype ?? null,
});

const counters = ({ params }: { readonly params: readonly { field: string; value: bigint }[] }) =>
  new Map(params.map(({ field, value }) => [field, value]));
