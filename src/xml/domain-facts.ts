// Reads a domain's XML as libvirt shows it: what an adoption and the checks before a migration must know of a guest.

import type { GuestNic } from '../fleet/guest.js';
import type { DomainMark } from '../fleet/guest-definition.js';
import type { GuestTraits } from '../fleet/traits.js';
import { readMark } from './domain-mark.js';
import { parseLibvirtXml } from './parse.js';
import { serialize } from './serialize.js';
import { attribute, child, childrenNamed, textOf, type XmlElement } from './tree.js';
import { toKib } from './units.js';

export interface DomainDisk {
  readonly target: string;
  /** disk, cdrom, floppy or lun. */
  readonly device: string;
  /** File or block device on the host; empty for a network disk, a volume that is not resolved, an empty drive. */
  readonly path: string;
  readonly format: string;
  /** Path of the image it is backed by, where libvirt tells. */
  readonly backingPath: string;
  readonly readonly: boolean;
  /** Whether the disk has data at all (an empty drive has none). */
  readonly hasSource: boolean;
}

export interface DomainFacts {
  readonly uuid: string;
  readonly domainName: string;
  /** kvm or qemu (emulated). */
  readonly domainType: string;
  readonly arch: string;
  readonly machineType: string;
  readonly currentCpu: number;
  readonly maxCpu: number;
  readonly currentMemoryKib: number;
  readonly maxMemoryKib: number;
  readonly disks: readonly DomainDisk[];
  /** Interfaces on networks and bridges. */
  readonly nics: readonly GuestNic[];
  /** Types of its other interfaces: direct, user, ethernet ... */
  readonly otherNicTypes: readonly string[];
  /** The guest's CPU as XML; empty where the domain names none. */
  readonly cpuXml: string;
  readonly cpuMode: string;
  /** Devices that tie it to its host: host devices, file systems of the host, shared memory. */
  readonly hostDevices: readonly string[];
  readonly tpm: GuestTraits['tpm'];
  readonly nvramPath: string;
  readonly mark: DomainMark | undefined;
}

const HOST_BOUND: ReadonlySet<string> = new Set(['hostdev', 'filesystem', 'shmem', 'lease', 'smartcard']);

/** Throws if the text is no XML: it comes from libvirt. */
export function domainFacts(xml: string): DomainFacts {
  const domain = parseLibvirtXml(xml);
  const osType = child(domain, 'os', 'type');
  const vcpu = child(domain, 'vcpu');
  const maxMemoryKib = kib(child(domain, 'memory'));
  const cpu = child(domain, 'cpu');
  const devices = child(domain, 'devices')?.children.filter((node) => typeof node !== 'string') ?? [];
  const interfaces = devices.filter(({ name }) => name === 'interface');
  return {
    uuid: textOf(child(domain, 'uuid')),
    domainName: textOf(child(domain, 'name')),
    domainType: attribute(domain, 'type'),
    arch: attribute(osType, 'arch'),
    machineType: attribute(osType, 'machine'),
    currentCpu: Number(attribute(vcpu, 'current') || textOf(vcpu)),
    maxCpu: Number(textOf(vcpu)),
    currentMemoryKib: kib(child(domain, 'currentMemory')) || maxMemoryKib,
    maxMemoryKib,
    disks: devices.filter(({ name }) => name === 'disk').map(diskOf),
    nics: interfaces.flatMap(nicOf),
    otherNicTypes: interfaces.filter((nic) => nicOf(nic).length === 0).map((nic) => attribute(nic, 'type')),
    cpuXml: cpu === undefined ? '' : serialize(cpu),
    cpuMode: attribute(cpu, 'mode'),
    hostDevices: devices.filter(({ name }) => HOST_BOUND.has(name)).map(({ name }) => name),
    tpm: tpmOf(devices.find(({ name }) => name === 'tpm')),
    nvramPath: textOf(child(domain, 'os', 'nvram')),
    mark: readMark(domain),
  };
}

/** kvm, qemu ...: what runs the guest. */
export function domainTypeOf(xml: string): string {
  return attribute(parseLibvirtXml(xml), 'type');
}

function kib(element: XmlElement | undefined): number {
  return toKib(textOf(element), attribute(element, 'unit'), 'UP') ?? 0;
}

function tpmOf(tpm: XmlElement | undefined): GuestTraits['tpm'] {
  if (tpm === undefined) return 'NONE';
  return attribute(child(tpm, 'backend'), 'type') === 'emulator' ? 'EMULATED' : 'PASSTHROUGH';
}

function diskOf(disk: XmlElement): DomainDisk {
  const source = child(disk, 'source');
  const backing = child(disk, 'backingStore', 'source');
  return {
    target: attribute(child(disk, 'target'), 'dev'),
    device: attribute(disk, 'device') || 'disk',
    path: attribute(source, 'file') || attribute(source, 'dev'),
    format: attribute(child(disk, 'driver'), 'type'),
    backingPath: attribute(backing, 'file') || attribute(backing, 'dev'),
    readonly: childrenNamed(disk, 'readonly').length > 0,
    hasSource: source !== undefined,
  };
}

function nicOf(nic: XmlElement): GuestNic[] {
  const type = attribute(nic, 'type');
  if (type !== 'network' && type !== 'bridge') return [];
  const source = attribute(child(nic, 'source'), type);
  return [{ kind: type === 'network' ? 'NETWORK' : 'BRIDGE', source, mac: attribute(child(nic, 'mac'), 'address') }];
}

/** What decides where the guest can run and move. */
export function traitsOf(facts: DomainFacts): GuestTraits {
  return {
    hostDevices: facts.hostDevices,
    tpm: facts.tpm,
    nvram: facts.nvramPath !== '',
    cpuMode: facts.cpuMode,
    machineType: facts.machineType,
    arch: facts.arch,
  };
}
