// The structs that several procedures share, and the bounds the protocol sets on strings and lists.
import { array, int, optional, string, struct, uhyper, uint, uuid, type Value } from './codec.js';
import { typedParamSet } from './typed-params.js';

export const STRING_BYTES = 4_194_304;
export const LIST_ITEMS = 16_384;
export const COOKIE_BYTES = 4_194_304;
export const MIGRATE_PARAMS = 64;

export const text = string(STRING_BYTES);
export const optionalText = optional(text);

/** A domain as the wire names it. Only the UUID identifies it; `id` is -1 for one that does not run. */
export const domainRef = struct({ name: text, uuid, id: int });
export type DomainRef = Value<typeof domainRef>;

export const poolRef = struct({ name: text, uuid });
export type PoolRef = Value<typeof poolRef>;

/** A volume: its pool's name, its own name, and its key (for files, the path). */
export const volumeRef = struct({ pool: text, name: text, key: text });
export type VolumeRef = Value<typeof volumeRef>;

export const networkRef = struct({ name: text, uuid });
export type NetworkRef = Value<typeof networkRef>;

export const interfaceRef = struct({ name: text, mac: text });
/** A network interface of the host. */
export type InterfaceRef = Value<typeof interfaceRef>;

export const interfaceAddress = struct({ type: int, addr: text, prefix: uint });
export const domainInterface = struct({ name: text, hwaddr: optionalText, addrs: array(interfaceAddress, 2048) });
/** An interface of a guest with its addresses, `type` an AddressType. */
export type DomainInterface = Value<typeof domainInterface>;

export const domainStatsRecord = struct({ dom: domainRef, params: typedParamSet(262_144) });
export const memoryStat = struct({ tag: int, val: uhyper });
export const namedCounter = struct({ field: text, value: uhyper });
export const vcpuInfo = struct({ number: uint, state: int, cpuTime: uhyper, cpu: int });

/** The body of a reply or stream packet with status ERROR. */
export const errorBody = struct({
  code: int,
  domain: int,
  message: optionalText,
  level: int,
  dom: optional(domainRef),
  str1: optionalText,
  str2: optionalText,
  str3: optionalText,
  int1: int,
  int2: int,
  net: optional(networkRef),
});
