// Domains: life cycle, state, XML, scaling and the guest agent. Domains are addressed by UUID, never by name.
import type { Duplex } from 'node:stream';
import { bound, type Unbound } from '../bound.js';
import type { CallOptions } from '../caller.js';
import { MetadataType } from '../constants.js';
import { procedures as p } from '../procedures.js';
import { STRINGS_OKAY, type TypedParam, type TypedParams } from '../typed-params.js';
import type { DomainInterface, DomainRef } from '../wire.js';

/** What GET_INFO says: `state` a DomainState, `memoryKib` the balloon, `cpuTimeNs` since the guest was started. */
export interface DomainInfo {
  readonly state: number;
  readonly maxMemoryKib: bigint;
  readonly memoryKib: bigint;
  readonly vcpus: number;
  readonly cpuTimeNs: bigint;
}

/** `state` a DomainState, `reason` libvirt's reason for that state. */
export interface DomainStateInfo {
  readonly state: number;
  readonly reason: number;
}

export interface DomainStats {
  readonly domain: DomainRef;
  /** Named as libvirt names them: "cpu.time", "balloon.current", "vcpu.0.time", "block.0.rd.bytes" ... */
  readonly params: TypedParams;
}

export interface BlockInfo {
  readonly allocationBytes: bigint;
  readonly capacityBytes: bigint;
  readonly physicalBytes: bigint;
}

/** `flags` are the named constants of constants.ts or'ed together; 0 or left out is libvirt's default. */
export interface DomainCalls {
  /** All domains, or those the ListDomainsFlag bits select. */
  list(flags?: number, options?: CallOptions): Promise<readonly DomainRef[]>;
  /** Statistics (StatsType bits) of all domains that `flags` (StatsFlag) select, or of `uuids`. */
  stats(
    stats: number,
    flags?: number,
    uuids?: readonly string[],
    options?: CallOptions,
  ): Promise<readonly DomainStats[]>;
  /** LibvirtError isNoDomain if there is none. */
  lookup(uuid: string, options?: CallOptions): Promise<DomainRef>;
  /** By libvirt's own name, taken literally. */
  lookupByName(name: string, options?: CallOptions): Promise<DomainRef>;

  /** Starts a transient domain (CreateFlag). A UUID or name in use by a running one is refused. */
  create(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>;
  /** Makes or changes a persistent domain (DefineFlag). */
  define(xml: string, flags?: number, options?: CallOptions): Promise<DomainRef>;
  /** UndefineFlag. A running domain becomes transient. */
  undefine(uuid: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Starts a defined domain (CreateFlag). */
  start(uuid: string, flags?: number, options?: CallOptions): Promise<DomainRef>;
  /** Ends it at once (DestroyFlag). */
  destroy(uuid: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Asks the guest to end (ShutdownFlag). Answers before it has. */
  shutdown(uuid: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Asks the guest to reboot (ShutdownFlag's bits mean the same). */
  reboot(uuid: string, flags?: number, options?: CallOptions): Promise<void>;
  /** The reset button. */
  reset(uuid: string, options?: CallOptions): Promise<void>;
  suspend(uuid: string, options?: CallOptions): Promise<void>;
  resume(uuid: string, options?: CallOptions): Promise<void>;

  /** XmlFlag. */
  xml(uuid: string, flags?: number, options?: CallOptions): Promise<string>;
  info(uuid: string, options?: CallOptions): Promise<DomainInfo>;
  state(uuid: string, options?: CallOptions): Promise<DomainStateInfo>;
  isPersistent(uuid: string, options?: CallOptions): Promise<boolean>;
  autostart(uuid: string, options?: CallOptions): Promise<boolean>;
  setAutostart(uuid: string, autostart: boolean, options?: CallOptions): Promise<void>;
  /** The element of this namespace in the domain's metadata; LibvirtError isNoMetadata if there is none. `flags`: Affect. */
  metadata(uuid: string, namespace: string, flags?: number, options?: CallOptions): Promise<string>;
  /** Sets (or with null removes) the element of this namespace. Waits for a job that runs: not to be called during a migration. */
  setMetadata(
    uuid: string,
    namespace: string,
    prefix: string,
    xml: string | null,
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
  /** Addresses as `source` (AddressSource) knows them. The agent's answer needs a running agent. */
  addresses(uuid: string, source: number, options?: CallOptions): Promise<readonly DomainInterface[]>;
  /** The console, both ways. `device`: alias of a serial, parallel or console device (default: the first); ConsoleFlag. */
  openConsole(uuid: string, device?: string, flags?: number, options?: CallOptions): Promise<Duplex>;

  /** VcpuFlag, with Affect's bits. */
  setVcpus(uuid: string, vcpus: number, flags: number, options?: CallOptions): Promise<void>;
  vcpus(uuid: string, flags: number, options?: CallOptions): Promise<number>;
  /** Plugs or unplugs single vCPUs, named as a list ("1-3,5"). `flags`: Affect. */
  setVcpu(uuid: string, cpumap: string, on: boolean, flags?: number, options?: CallOptions): Promise<void>;
  /** Single vCPUs on or off inside the guest, by its agent. */
  setGuestVcpus(uuid: string, cpumap: string, on: boolean, options?: CallOptions): Promise<void>;
  /** As the guest's agent sees them: "vcpus", "online", "offlinable", each a list such as "0-3". */
  guestVcpus(uuid: string, options?: CallOptions): Promise<TypedParams>;
  /** The balloon's target (or with MemoryFlag.MAXIMUM its ceiling). Answers before the guest has complied. */
  setMemory(uuid: string, memoryKib: bigint, flags: number, options?: CallOptions): Promise<void>;
  /** How often the balloon driver reports, in seconds; 0: never. `flags`: Affect. */
  setMemoryStatsPeriod(uuid: string, periodS: number, flags?: number, options?: CallOptions): Promise<void>;
  /** Value by MemoryStatTag, most in KiB. Tags the guest does not report are absent. */
  memoryStats(uuid: string, options?: CallOptions): Promise<ReadonlyMap<number, bigint>>;
  /** `flags`: Affect. */
  attachDevice(uuid: string, xml: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Asks for the removal; it is done when the event deviceRemoved comes. */
  detachDevice(uuid: string, xml: string, flags?: number, options?: CallOptions): Promise<void>;
  updateDevice(uuid: string, xml: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Limits of a disk ("vda"): "total_bytes_sec", "read_iops_sec" ... `flags`: Affect. */
  blockIoTune(uuid: string, disk: string, flags?: number, options?: CallOptions): Promise<TypedParams>;
  setBlockIoTune(
    uuid: string,
    disk: string,
    params: readonly TypedParam[],
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
  /** "cpu_shares", "vcpu_quota" ... Needs cgroups. `flags`: Affect. */
  schedulerParameters(uuid: string, flags?: number, options?: CallOptions): Promise<TypedParams>;
  setSchedulerParameters(
    uuid: string,
    params: readonly TypedParam[],
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
  blockInfo(uuid: string, disk: string, options?: CallOptions): Promise<BlockInfo>;
  /** The new size in bytes of a running guest's disk. */
  resizeBlock(uuid: string, disk: string, bytes: bigint, options?: CallOptions): Promise<void>;

  /** What the agent tells (GuestInfoType bits; 0: everything it can). */
  guestInfo(uuid: string, types?: number, options?: CallOptions): Promise<TypedParams>;
  /**
   * A command of the QEMU guest agent, as JSON, and its answer. `timeoutS`: how long the daemon waits for the agent
   * (-1: its default of 5 s). LibvirtError isAgentUnresponsive, or isArgumentUnsupported where the guest has no agent channel.
   */
  agentCommand(uuid: string, command: string, timeoutS?: number, options?: CallOptions): Promise<string>;
}

const LIST = 1;
const ALL_MEMORY_STATS = 64;
const BYTES = 1;

/** A domain as the wire wants it named; the daemon looks at the UUID alone. */
export const byUuid = (uuid: string): { dom: DomainRef } => ({ dom: { name: '', uuid, id: -1 } });

const lifeCalls = {
  list: async (caller, flags = 0, options) =>
    (await caller.call(p.CONNECT_LIST_ALL_DOMAINS, { needResults: LIST, flags }, options)).domains,
  lookup: async (caller, uuid, options) => (await caller.call(p.DOMAIN_LOOKUP_BY_UUID, { uuid }, options)).dom,
  lookupByName: async (caller, name, options) => (await caller.call(p.DOMAIN_LOOKUP_BY_NAME, { name }, options)).dom,
  create: async (caller, xml, flags = 0, options) =>
    (await caller.call(p.DOMAIN_CREATE_XML, { xml, flags }, options)).dom,
  define: async (caller, xml, flags = 0, options) =>
    (await caller.call(p.DOMAIN_DEFINE_XML_FLAGS, { xml, flags }, options)).dom,
  undefine: async (caller, uuid, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_UNDEFINE_FLAGS, { ...byUuid(uuid), flags }, options)),
  start: async (caller, uuid, flags = 0, options) =>
    (await caller.call(p.DOMAIN_CREATE_WITH_FLAGS, { ...byUuid(uuid), flags }, options)).dom,
  destroy: async (caller, uuid, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_DESTROY_FLAGS, { ...byUuid(uuid), flags }, options)),
  shutdown: async (caller, uuid, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SHUTDOWN_FLAGS, { ...byUuid(uuid), flags }, options)),
  reboot: async (caller, uuid, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_REBOOT, { ...byUuid(uuid), flags }, options)),
  reset: async (caller, uuid, options) =>
    void (await caller.call(p.DOMAIN_RESET, { ...byUuid(uuid), flags: 0 }, options)),
  suspend: async (caller, uuid, options) => void (await caller.call(p.DOMAIN_SUSPEND, byUuid(uuid), options)),
  resume: async (caller, uuid, options) => void (await caller.call(p.DOMAIN_RESUME, byUuid(uuid), options)),
} satisfies Partial<Unbound<DomainCalls>>;

const type = MetadataType.ELEMENT;

const descriptionCalls = {
  async stats(caller, stats, flags = 0, uuids = [], options) {
    const doms = uuids.map((uuid) => byUuid(uuid).dom);
    const { records } = await caller.call(p.CONNECT_GET_ALL_DOMAIN_STATS, { doms, stats, flags }, options);
    return records.map(({ dom, params }) => ({ domain: dom, params }));
  },
  xml: async (caller, uuid, flags = 0, options) =>
    (await caller.call(p.DOMAIN_GET_XML_DESC, { ...byUuid(uuid), flags }, options)).xml,
  info: (caller, uuid, options) => caller.call(p.DOMAIN_GET_INFO, byUuid(uuid), options),
  state: (caller, uuid, options) => caller.call(p.DOMAIN_GET_STATE, { ...byUuid(uuid), flags: 0 }, options),
  isPersistent: async (caller, uuid, options) =>
    (await caller.call(p.DOMAIN_IS_PERSISTENT, byUuid(uuid), options)).persistent,
  autostart: async (caller, uuid, options) =>
    (await caller.call(p.DOMAIN_GET_AUTOSTART, byUuid(uuid), options)).autostart,
  setAutostart: async (caller, uuid, autostart, options) =>
    void (await caller.call(p.DOMAIN_SET_AUTOSTART, { ...byUuid(uuid), autostart }, options)),
  metadata: async (caller, uuid, uri, flags = 0, options) =>
    (await caller.call(p.DOMAIN_GET_METADATA, { ...byUuid(uuid), type, uri, flags }, options)).metadata,
  setMetadata: async (caller, uuid, uri, key, metadata, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SET_METADATA, { ...byUuid(uuid), type, metadata, key, uri, flags }, options)),
  addresses: async (caller, uuid, source, options) =>
    (await caller.call(p.DOMAIN_INTERFACE_ADDRESSES, { ...byUuid(uuid), source, flags: 0 }, options)).interfaces,
  openConsole: (caller, uuid, device, flags = 0, options) =>
    caller.openStream(
      p.DOMAIN_OPEN_CONSOLE,
      { ...byUuid(uuid), device: device ?? null, flags },
      { ...options, idleMs: null },
    ),
} satisfies Partial<Unbound<DomainCalls>>;

const plug = (on: boolean): number => (on ? 1 : 0);

const scalingCalls = {
  setVcpus: async (caller, uuid, vcpus, flags, options) =>
    void (await caller.call(p.DOMAIN_SET_VCPUS_FLAGS, { ...byUuid(uuid), vcpus, flags }, options)),
  vcpus: async (caller, uuid, flags, options) =>
    (await caller.call(p.DOMAIN_GET_VCPUS_FLAGS, { ...byUuid(uuid), flags }, options)).vcpus,
  setVcpu: async (caller, uuid, cpumap, on, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SET_VCPU, { ...byUuid(uuid), cpumap, state: plug(on), flags }, options)),
  setMemory: async (caller, uuid, memoryKib, flags, options) =>
    void (await caller.call(p.DOMAIN_SET_MEMORY_FLAGS, { ...byUuid(uuid), memoryKib, flags }, options)),
  setMemoryStatsPeriod: async (caller, uuid, periodS, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SET_MEMORY_STATS_PERIOD, { ...byUuid(uuid), periodS, flags }, options)),
  async memoryStats(caller, uuid, options) {
    const { stats } = await caller.call(
      p.DOMAIN_MEMORY_STATS,
      { ...byUuid(uuid), most: ALL_MEMORY_STATS, flags: 0 },
      options,
    );
    return new Map(stats.map(({ tag, val }) => [tag, val]));
  },
  attachDevice: async (caller, uuid, xml, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_ATTACH_DEVICE_FLAGS, { ...byUuid(uuid), xml, flags }, options)),
  detachDevice: async (caller, uuid, xml, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_DETACH_DEVICE_FLAGS, { ...byUuid(uuid), xml, flags }, options)),
  updateDevice: async (caller, uuid, xml, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_UPDATE_DEVICE_FLAGS, { ...byUuid(uuid), xml, flags }, options)),
  blockIoTune: async (caller, uuid, disk, flags = 0, options) =>
    (
      await caller.call(
        p.DOMAIN_GET_BLOCK_IO_TUNE,
        { ...byUuid(uuid), disk, nparams: 32, flags: flags | STRINGS_OKAY },
        options,
      )
    ).params,
  setBlockIoTune: async (caller, uuid, disk, params, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SET_BLOCK_IO_TUNE, { ...byUuid(uuid), disk, params, flags }, options)),
  schedulerParameters: async (caller, uuid, flags = 0, options) =>
    (
      await caller.call(
        p.DOMAIN_GET_SCHEDULER_PARAMETERS_FLAGS,
        { ...byUuid(uuid), nparams: 16, flags: flags | STRINGS_OKAY },
        options,
      )
    ).params,
  setSchedulerParameters: async (caller, uuid, params, flags = 0, options) =>
    void (await caller.call(p.DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS, { ...byUuid(uuid), params, flags }, options)),
  blockInfo: (caller, uuid, path, options) =>
    caller.call(p.DOMAIN_GET_BLOCK_INFO, { ...byUuid(uuid), path, flags: 0 }, options),
  resizeBlock: async (caller, uuid, disk, size, options) =>
    void (await caller.call(p.DOMAIN_BLOCK_RESIZE, { ...byUuid(uuid), disk, size, flags: BYTES }, options)),
} satisfies Partial<Unbound<DomainCalls>>;

const agentCalls = {
  setGuestVcpus: async (caller, uuid, cpumap, on, options) =>
    void (await caller.call(
      p.DOMAIN_SET_GUEST_VCPUS,
      { ...byUuid(uuid), cpumap, state: on ? 1 : 0, flags: 0 },
      options,
    )),
  guestVcpus: async (caller, uuid, options) =>
    (await caller.call(p.DOMAIN_GET_GUEST_VCPUS, { ...byUuid(uuid), flags: 0 }, options)).params,
  guestInfo: async (caller, uuid, types = 0, options) =>
    (await caller.call(p.DOMAIN_GET_GUEST_INFO, { ...byUuid(uuid), types, flags: 0 }, options)).params,
  agentCommand: async (caller, uuid, command, timeoutS = -1, options) =>
    (await caller.call(p.QEMU_DOMAIN_AGENT_COMMAND, { ...byUuid(uuid), command, timeoutS, flags: 0 }, options))
      .result ?? '',
} satisfies Partial<Unbound<DomainCalls>>;

export const domainCalls = bound<DomainCalls>({ ...lifeCalls, ...descriptionCalls, ...scalingCalls, ...agentCalls });
