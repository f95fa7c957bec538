// The procedures virtdc calls, one line each: number, arguments, reply. The layouts are the types.
// Numbers and layouts are those of libvirt's remote protocol, version 1, and never change between its releases.
import {
  array,
  type Codec,
  chars,
  type Fields,
  hyper,
  int,
  type Layout,
  opaque,
  optional,
  struct,
  truth,
  uhyper,
  uint,
  uuid,
} from './codec.js';
import { typedParamSet, typedParams } from './typed-params.js';
import {
  COOKIE_BYTES,
  domainInterface,
  domainRef,
  domainStatsRecord,
  interfaceRef,
  LIST_ITEMS,
  MIGRATE_PARAMS,
  memoryStat,
  namedCounter,
  networkRef,
  optionalText,
  poolRef,
  text,
  vcpuInfo,
  volumeRef,
} from './wire.js';

export const REMOTE_PROGRAM = 0x20008086;
export const QEMU_PROGRAM = 0x20008087;

/** A procedure with the types of its arguments and its reply. */
export interface Procedure<A, R> {
  readonly name: string;
  readonly program: number;
  readonly number: number;
  readonly args: Codec<A>;
  readonly reply: Codec<R>;
}

const procedureOf =
  (program: number) =>
  <A extends Layout, R extends Layout>(number: number, args: A, reply: R): Procedure<Fields<A>, Fields<R>> => ({
    name: String(number),
    program,
    number,
    args: struct(args),
    reply: struct(reply),
  });
const remote = procedureOf(REMOTE_PROGRAM);
const qemu = procedureOf(QEMU_PROGRAM);

/** Gives every procedure the name it has in the table. */
function named<T extends Record<string, { readonly name: string }>>(table: T): T {
  return Object.fromEntries(Object.entries(table).map(([name, procedure]) => [name, { ...procedure, name }])) as T;
}

const flags = { flags: uint };
const dom = { dom: domainRef };
const pool = { pool: poolRef };
const vol = { vol: volumeRef };
const none = {};
const all = { needResults: int, flags: uint };
const hypervisor = { emulator: optionalText, arch: optionalText, machine: optionalText, virttype: optionalText };
const migrateParams = typedParams(MIGRATE_PARAMS);
const cookie = opaque(COOKIE_BYTES);

export const procedures = named({
  AUTH_LIST: remote(66, none, { types: array(int, 20) }),
  AUTH_POLKIT: remote(70, none, { complete: int }),
  CONNECT_OPEN: remote(1, { name: optionalText, flags: uint }, none),
  CONNECT_SUPPORTS_FEATURE: remote(60, { feature: int }, { supported: truth }),
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: remote(
    316,
    { eventId: int, dom: optional(domainRef) },
    { callbackId: int },
  ),

  CONNECT_GET_TYPE: remote(3, none, { type: text }),
  CONNECT_GET_VERSION: remote(4, none, { version: uhyper }),
  CONNECT_GET_LIB_VERSION: remote(157, none, { version: uhyper }),
  CONNECT_GET_HOSTNAME: remote(59, none, { hostname: text }),
  CONNECT_GET_URI: remote(110, none, { uri: text }),
  CONNECT_GET_CAPABILITIES: remote(7, none, { xml: text }),
  CONNECT_GET_DOMAIN_CAPABILITIES: remote(342, { ...hypervisor, flags: uint }, { xml: text }),
  CONNECT_COMPARE_HYPERVISOR_CPU: remote(393, { ...hypervisor, xmlCpu: text, flags: uint }, { result: int }),
  CONNECT_BASELINE_HYPERVISOR_CPU: remote(
    394,
    { ...hypervisor, xmlCpus: array(text, 256), flags: uint },
    { xml: text },
  ),
  NODE_GET_INFO: remote(6, none, {
    model: chars(32),
    memoryKib: uhyper,
    cpus: int,
    mhz: int,
    numaNodes: int,
    sockets: int,
    cores: int,
    threads: int,
  }),
  NODE_GET_CPU_STATS: remote(
    227,
    { cpu: int, nparams: int, flags: uint },
    { params: array(namedCounter, 16), nparams: int },
  ),
  NODE_GET_MEMORY_STATS: remote(
    228,
    { nparams: int, cell: int, flags: uint },
    { params: array(namedCounter, 16), nparams: int },
  ),
  NODE_GET_FREE_MEMORY: remote(102, none, { bytes: uhyper }),

  CONNECT_LIST_ALL_DOMAINS: remote(273, all, { domains: array(domainRef, LIST_ITEMS), count: uint }),
  CONNECT_GET_ALL_DOMAIN_STATS: remote(
    344,
    { doms: array(domainRef, LIST_ITEMS), stats: uint, flags: uint },
    { records: array(domainStatsRecord, LIST_ITEMS) },
  ),
  DOMAIN_LOOKUP_BY_UUID: remote(24, { uuid }, dom),
  DOMAIN_LOOKUP_BY_NAME: remote(23, { name: text }, dom),
  DOMAIN_CREATE_XML: remote(10, { xml: text, flags: uint }, dom),
  DOMAIN_DEFINE_XML_FLAGS: remote(350, { xml: text, flags: uint }, dom),
  DOMAIN_UNDEFINE_FLAGS: remote(231, { ...dom, flags: uint }, none),
  DOMAIN_CREATE_WITH_FLAGS: remote(196, { ...dom, flags: uint }, dom),
  DOMAIN_DESTROY_FLAGS: remote(234, { ...dom, flags: uint }, none),
  DOMAIN_SHUTDOWN_FLAGS: remote(258, { ...dom, flags: uint }, none),
  DOMAIN_REBOOT: remote(27, { ...dom, flags: uint }, none),
  DOMAIN_RESET: remote(245, { ...dom, flags: uint }, none),
  DOMAIN_SUSPEND: remote(34, dom, none),
  DOMAIN_RESUME: remote(28, dom, none),
  DOMAIN_GET_XML_DESC: remote(14, { ...dom, flags: uint }, { xml: text }),
  DOMAIN_GET_INFO: remote(16, dom, {
    state: uint,
    maxMemoryKib: uhyper,
    memoryKib: uhyper,
    vcpus: uint,
    cpuTimeNs: uhyper,
  }),
  DOMAIN_GET_STATE: remote(212, { ...dom, flags: uint }, { state: int, reason: int }),
  DOMAIN_IS_PERSISTENT: remote(151, dom, { persistent: truth }),
  DOMAIN_GET_AUTOSTART: remote(15, dom, { autostart: truth }),
  DOMAIN_SET_AUTOSTART: remote(29, { ...dom, autostart: truth }, none),
  DOMAIN_SET_METADATA: remote(
    264,
    { ...dom, type: int, metadata: optionalText, key: optionalText, uri: optionalText, flags: uint },
    none,
  ),
  DOMAIN_GET_METADATA: remote(265, { ...dom, type: int, uri: optionalText, flags: uint }, { metadata: text }),
  DOMAIN_INTERFACE_ADDRESSES: remote(
    353,
    { ...dom, source: uint, flags: uint },
    { interfaces: array(domainInterface, 2048) },
  ),
  DOMAIN_OPEN_CONSOLE: remote(201, { ...dom, device: optionalText, flags: uint }, none),

  DOMAIN_SET_VCPUS_FLAGS: remote(199, { ...dom, vcpus: uint, flags: uint }, none),
  DOMAIN_GET_VCPUS_FLAGS: remote(200, { ...dom, flags: uint }, { vcpus: int }),
  DOMAIN_GET_VCPUS: remote(
    20,
    { ...dom, maxInfo: int, mapBytes: int },
    { info: array(vcpuInfo, LIST_ITEMS), maps: opaque(8_388_608) },
  ),
  DOMAIN_SET_VCPU: remote(384, { ...dom, cpumap: text, state: int, flags: uint }, none),
  DOMAIN_SET_GUEST_VCPUS: remote(372, { ...dom, cpumap: text, state: int, flags: uint }, none),
  DOMAIN_GET_GUEST_VCPUS: remote(371, { ...dom, flags: uint }, { params: typedParamSet(64) }),
  DOMAIN_SET_MEMORY_FLAGS: remote(204, { ...dom, memoryKib: uhyper, flags: uint }, none),
  DOMAIN_SET_MEMORY_STATS_PERIOD: remote(308, { ...dom, periodS: int, flags: uint }, none),
  DOMAIN_MEMORY_STATS: remote(159, { ...dom, most: uint, flags: uint }, { stats: array(memoryStat, 1024) }),
  DOMAIN_ATTACH_DEVICE_FLAGS: remote(160, { ...dom, xml: text, flags: uint }, none),
  DOMAIN_DETACH_DEVICE_FLAGS: remote(161, { ...dom, xml: text, flags: uint }, none),
  DOMAIN_UPDATE_DEVICE_FLAGS: remote(174, { ...dom, xml: text, flags: uint }, none),
  DOMAIN_SET_BLOCK_IO_TUNE: remote(252, { ...dom, disk: text, params: typedParams(32), flags: uint }, none),
  DOMAIN_GET_BLOCK_IO_TUNE: remote(
    253,
    { ...dom, disk: optionalText, nparams: int, flags: uint },
    { params: typedParamSet(32), nparams: int },
  ),
  DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS: remote(219, { ...dom, params: typedParams(16), flags: uint }, none),
  DOMAIN_GET_SCHEDULER_PARAMETERS_FLAGS: remote(
    223,
    { ...dom, nparams: int, flags: uint },
    { params: typedParamSet(16) },
  ),
  DOMAIN_GET_BLOCK_INFO: remote(
    194,
    { ...dom, path: text, flags: uint },
    { allocationBytes: uhyper, capacityBytes: uhyper, physicalBytes: uhyper },
  ),
  DOMAIN_BLOCK_RESIZE: remote(251, { ...dom, disk: text, size: uhyper, flags: uint }, none),
  DOMAIN_GET_GUEST_INFO: remote(418, { ...dom, types: uint, flags: uint }, { params: typedParamSet(2048) }),
  DOMAIN_GET_TIME: remote(337, { ...dom, flags: uint }, { seconds: hyper, nanoseconds: uint }),

  DOMAIN_MIGRATE_PERFORM3_PARAMS: remote(
    305,
    { ...dom, destinationUri: optionalText, params: migrateParams, cookieIn: cookie, flags: uint },
    { cookieOut: cookie },
  ),
  DOMAIN_MIGRATE_SET_MAX_SPEED: remote(207, { ...dom, mibPerS: uhyper, flags: uint }, none),
  DOMAIN_MIGRATE_GET_MAX_SPEED: remote(242, { ...dom, flags: uint }, { mibPerS: uhyper }),
  DOMAIN_MIGRATE_SET_MAX_DOWNTIME: remote(166, { ...dom, downtimeMs: uhyper, flags: uint }, none),
  DOMAIN_MIGRATE_GET_MAX_DOWNTIME: remote(387, { ...dom, flags: uint }, { downtimeMs: uhyper }),
  DOMAIN_MIGRATE_START_POST_COPY: remote(364, { ...dom, flags: uint }, none),
  DOMAIN_START_DIRTY_RATE_CALC: remote(427, { ...dom, seconds: int, flags: uint }, none),
  DOMAIN_GET_JOB_INFO: remote(163, dom, {
    type: int,
    timeElapsedMs: uhyper,
    timeRemainingMs: uhyper,
    dataTotal: uhyper,
    dataProcessed: uhyper,
    dataRemaining: uhyper,
    memTotal: uhyper,
    memProcessed: uhyper,
    memRemaining: uhyper,
    fileTotal: uhyper,
    fileProcessed: uhyper,
    fileRemaining: uhyper,
  }),
  DOMAIN_GET_JOB_STATS: remote(298, { ...dom, flags: uint }, { type: int, params: typedParamSet(64) }),
  DOMAIN_ABORT_JOB: remote(164, dom, none),
  DOMAIN_ABORT_JOB_FLAGS: remote(442, { ...dom, flags: uint }, none),

  CONNECT_LIST_ALL_STORAGE_POOLS: remote(281, all, { pools: array(poolRef, LIST_ITEMS), count: uint }),
  STORAGE_POOL_LOOKUP_BY_NAME: remote(84, { name: text }, pool),
  STORAGE_POOL_CREATE_XML: remote(76, { xml: text, flags: uint }, pool),
  STORAGE_POOL_DEFINE_XML: remote(77, { xml: text, flags: uint }, pool),
  STORAGE_POOL_BUILD: remote(79, { ...pool, flags: uint }, none),
  STORAGE_POOL_CREATE: remote(78, { ...pool, flags: uint }, none),
  STORAGE_POOL_DESTROY: remote(80, pool, none),
  STORAGE_POOL_UNDEFINE: remote(82, pool, none),
  STORAGE_POOL_REFRESH: remote(83, { ...pool, flags: uint }, none),
  STORAGE_POOL_SET_AUTOSTART: remote(90, { ...pool, autostart: truth }, none),
  STORAGE_POOL_GET_INFO: remote(87, pool, {
    state: uint,
    capacityBytes: uhyper,
    allocationBytes: uhyper,
    availableBytes: uhyper,
  }),
  STORAGE_POOL_GET_XML_DESC: remote(88, { ...pool, flags: uint }, { xml: text }),
  STORAGE_POOL_LIST_ALL_VOLUMES: remote(282, { ...pool, ...all }, { vols: array(volumeRef, LIST_ITEMS), count: uint }),
  STORAGE_VOL_CREATE_XML: remote(93, { ...pool, xml: text, flags: uint }, vol),
  STORAGE_VOL_CREATE_XML_FROM: remote(125, { ...pool, xml: text, source: volumeRef, flags: uint }, vol),
  STORAGE_VOL_DELETE: remote(94, { ...vol, flags: uint }, none),
  STORAGE_VOL_LOOKUP_BY_NAME: remote(95, { ...pool, name: text }, vol),
  STORAGE_VOL_LOOKUP_BY_KEY: remote(96, { key: text }, vol),
  STORAGE_VOL_LOOKUP_BY_PATH: remote(97, { path: text }, vol),
  STORAGE_VOL_GET_INFO: remote(98, vol, { type: int, capacityBytes: uhyper, allocationBytes: uhyper }),
  STORAGE_VOL_GET_PATH: remote(100, vol, { path: text }),
  STORAGE_VOL_GET_XML_DESC: remote(99, { ...vol, ...flags }, { xml: text }),
  STORAGE_VOL_RESIZE: remote(260, { ...vol, capacityBytes: uhyper, flags: uint }, none),
  STORAGE_VOL_UPLOAD: remote(208, { ...vol, offset: uhyper, length: uhyper, flags: uint }, none),
  STORAGE_VOL_DOWNLOAD: remote(209, { ...vol, offset: uhyper, length: uhyper, flags: uint }, none),

  CONNECT_LIST_ALL_NETWORKS: remote(283, all, { nets: array(networkRef, LIST_ITEMS), count: uint }),
  NETWORK_LOOKUP_BY_NAME: remote(46, { name: text }, { net: networkRef }),
  NETWORK_GET_XML_DESC: remote(43, { net: networkRef, flags: uint }, { xml: text }),

  CONNECT_LIST_ALL_INTERFACES: remote(284, all, { interfaces: array(interfaceRef, LIST_ITEMS), count: uint }),
  INTERFACE_GET_XML_DESC: remote(130, { iface: interfaceRef, flags: uint }, { xml: text }),

  QEMU_DOMAIN_AGENT_COMMAND: qemu(3, { ...dom, command: text, timeoutS: int, flags: uint }, { result: optionalText }),
});
