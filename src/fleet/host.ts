// A libvirt host: what its operator declared, what was observed of it, and how much of it may be sold.

import { mapResources, type Resources } from './resources.js';

/** What the operator wants of the host; only AVAILABLE hosts take guests. */
export type AdminState = 'AVAILABLE' | 'CORDONED' | 'DRAINING' | 'MAINTENANCE';

/**
 * What was last seen of the host; only READY hosts take guests. UNREACHABLE is also the state before the first contact.
 * DEAD: proven to be off, by its operator's word or by a fence; the guests that were on it may be started elsewhere.
 */
export type HostCondition = 'READY' | 'SUSPECT' | 'UNREACHABLE' | 'DEAD';

/** What libvirt says of the machine; kept beside the declared capacity, never instead of it. */
export interface HostFacts {
  readonly cpu: number;
  readonly memoryKib: number;
  /** libvirt's own name and UUID of the host; the UUID tells two addresses of one machine apart from two machines. */
  readonly libvirtHostname: string;
  readonly libvirtUuid: string;
  readonly libvirtVersion: string;
  readonly hypervisorVersion: string;
  readonly arch: string;
  readonly cpuModel: string;
  /** The host's CPU as libvirt's XML, input of the cluster's baseline; empty where libvirt does not tell. */
  readonly cpuXml: string;
  /** Names of the libvirt storage pools that are active, and of networks and bridges a guest may use. */
  readonly pools: readonly string[];
  readonly networks: readonly string[];
  readonly bridges: readonly string[];
  readonly machineTypes: readonly string[];
  /** Whether unplugging a vCPU of a live guest is reliable here (it is not under QEMU without KVM). */
  readonly cpuUnplug: boolean;
}

/** Whether both say the same, in whatever order their members stand: those that were stored come back in another. */
export function sameFacts(a: HostFacts | undefined, b: HostFacts | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return (Object.keys(a) as (keyof HostFacts)[]).every((name) => sameFact(a[name], b[name]));
}

function sameFact(a: HostFacts[keyof HostFacts], b: HostFacts[keyof HostFacts]): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.length === b.length && a.every((member, index) => member === b[index]);
}

/**
 * A guest that was on the host, or on its way there, when the host was proven to be off; or one that was found there and
 * belongs elsewhere. What the host has of it is cleared at the next look, unless the guest belongs there by then.
 */
export interface LeftBehind {
  readonly vmid: string;
  readonly uuid: string;
  /** Whether virtdc made its domain, and so put its mark into it. */
  readonly marked: boolean;
  /** Those of the volumes that virtdc made which nobody but this host has. */
  readonly volumes: readonly { readonly pool: string; readonly volume: string }[];
}

export interface Host {
  readonly hostname: string;
  readonly ipAddress: string;
  /** How virtdc reaches libvirt there; in virtdc's URI grammar. */
  readonly uri: string;
  /** What another host dials for a peer-to-peer migration; in virtdc's URI grammar. */
  readonly migrationUri: string;
  readonly adminState: AdminState;
  readonly condition: HostCondition;
  readonly conditionReason: string;
  /** Declared capacity. */
  readonly capacity: Resources;
  /** Allocation ratios: how many times the capacity may be sold. */
  readonly ratios: Resources;
  /** Kept back from the guests, in units of the resource. */
  readonly reserve: Resources;
  /** Greatest io rate sold, KiB/s; 0 is not limited. */
  readonly maxIoKibPerS: number;
  readonly observed: HostFacts | undefined;
  /** Of a host that is DEAD, or that has answered since and is not READY yet; or as an audit with repair has found. */
  readonly leftBehind: readonly LeftBehind[];
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string;
  readonly createdAt: Date;
  /** What brought its last change about; set at commit, as the revision is. See change.ts. */
  readonly cause: string;
  readonly revision: number;
}

/** A host never changes, it is replaced; so what is computed from it alone is computed once. */
const allocatableOf = new WeakMap<Host, Resources>();

/** What of a host may be sold at all: floor(capacity x ratio) - reserve, per resource, never below 0. */
export function allocatable(host: Host): Resources {
  const known = allocatableOf.get(host);
  if (known !== undefined) return known;
  const amounts = mapResources((r) => Math.max(0, Math.floor(host.capacity[r] * host.ratios[r]) - host.reserve[r]));
  allocatableOf.set(host, amounts);
  return amounts;
}

/** How the host is named in a URI: by its address, or by its name where it has none. */
function addressIn(hostname: string, ipAddress: string): string {
  if (ipAddress === '') return hostname;
  return ipAddress.includes(':') ? `[${ipAddress}]` : ipAddress;
}

/** The URI of a host by the template of hosts without one of their own: {address} and {hostname} are filled in. */
export function fillUri(template: string, hostname: string, ipAddress: string): string {
  return template.replaceAll('{address}', addressIn(hostname, ipAddress)).replaceAll('{hostname}', hostname);
}

/** What peers dial unless told otherwise: the host's own URI, or where that is a socket of this machine, its address by TLS. */
export function migrationUriOf(uri: string, hostname: string, ipAddress: string): string {
  return uri.includes('+unix://') ? `qemu+tls://${addressIn(hostname, ipAddress)}/system` : uri;
}
