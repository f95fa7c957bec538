// What a base guest may contain. Whoever names a base guest's devices and paths acts as root on every host, so this is a
// list of what is taken: devices that tie a guest to a host, foreign namespaces and unexpected paths are not.

import type { FieldViolation } from '../fleet/refusal.js';
import { valuesOf } from './clean.js';
import { attribute, child, childrenNamed, descendants, elementsOf, textOf, type XmlElement } from './tree.js';

const DOMAIN_TYPES: ReadonlySet<string> = new Set(['qemu', 'kvm']);

const DEVICES: ReadonlySet<string> = new Set([
  ...['emulator', 'disk', 'controller', 'interface', 'serial', 'parallel', 'console', 'channel', 'input', 'graphics'],
  ...['video', 'sound', 'audio', 'watchdog', 'memballoon', 'rng', 'panic', 'tpm', 'vsock', 'iommu', 'hub', 'redirdev'],
]);

const CHARACTER_DEVICES: ReadonlySet<string> = new Set(['serial', 'parallel', 'console', 'channel', 'redirdev']);

/** Types of some devices that reach for nothing of the host but what virtdc or libvirt gives them. */
const TYPES: Readonly<Record<string, ReadonlySet<string>>> = {
  interface: new Set(['network', 'bridge', 'user']),
  graphics: new Set(['vnc', 'spice', 'egl-headless']),
  input: new Set(['mouse', 'keyboard', 'tablet']),
  audio: new Set(['none', 'spice']),
};
const CHARACTER_TYPES: ReadonlySet<string> = new Set([
  'pty',
  'unix',
  'file',
  'null',
  'vc',
  'spicevmc',
  'spiceport',
  'qemu-vdagent',
]);

const EMULATOR = /^\/usr\/(?:local\/)?bin\/(?:qemu-system-[a-z0-9_]+|qemu-kvm|kvm)$|^\/usr\/libexec\/qemu-kvm$/;
const RANDOM_SOURCE = /^\/dev\/(?:u?random|hwrng)$/;

/** Where QEMU may write and listen on behalf of a guest. */
const WRITABLE = /^\/(?:var\/log|var\/lib|run|var\/run)\/libvirt\/./;
/** Whose files no guest is booted from, or it could read them. */
const PRIVATE = /^\/(?:etc|root|home|proc|sys|dev)(?:\/|$)/;

type PathRule = (path: string) => string | undefined;

const readable: PathRule = (path) => {
  if (!isNormalized(path)) return 'is not an absolute path without . and ..';
  return PRIVATE.test(path) ? 'is in a directory that holds private files of the host' : undefined;
};
const writable: PathRule = (path) =>
  isNormalized(path) && WRITABLE.test(path)
    ? undefined
    : 'is not an absolute path below /var/log/libvirt, /var/lib/libvirt or /run/libvirt';
const emulator: PathRule = (path) =>
  EMULATOR.test(path) ? undefined : 'is no emulator of the system (/usr/bin/qemu-system-...)';
const randomSource: PathRule = (path) => (RANDOM_SOURCE.test(path) ? undefined : 'is no random device');

/** Everywhere a path is expected. A value that begins with / anywhere else is refused. */
const PATH_RULES: readonly (readonly [RegExp, PathRule])[] = [
  [/^domain\/devices\/emulator$/, emulator],
  [/^domain\/os\/(?:kernel|initrd|dtb|loader|nvram\/@template)$/, readable],
  [/^domain\/devices\/(?:serial|parallel|console|channel)\/(?:source\/@path|log\/@file)$/, writable],
  [/^domain\/devices\/graphics\/(?:@socket|listen\/@socket)$/, writable],
  [/^domain\/devices\/rng\/backend$/, randomSource],
];
const FREE_TEXT =
  /^domain\/(?:metadata(?:\/|$)|name$|title$|description$|os\/cmdline$|sysinfo\/(?:bios|system|baseBoard|chassis)\/entry$)/;

const EXACTLY_ONE = ['name', 'memory', 'vcpu', 'os', 'devices'];
const AT_MOST_ONE = [
  'uuid',
  'currentMemory',
  'maxMemory',
  'cpu',
  'metadata',
  'features',
  'clock',
  'title',
  'description',
];
const REFUSED: Readonly<Record<string, string>> = {
  bootloader: 'runs a program of the host',
  bootloader_args: 'runs a program of the host',
  launchSecurity: 'ties the guest to its host',
};

export function baseGuestViolations(domain: XmlElement): FieldViolation[] {
  return [...structure(domain), ...namespaces(domain), ...devices(domain), ...paths(domain)];
}

function* structure(domain: XmlElement): Generator<FieldViolation> {
  const type = attribute(domain, 'type');
  if (!DOMAIN_TYPES.has(type)) yield { field: '/domain/@type', description: `'${type}' is not qemu or kvm` };
  for (const name of EXACTLY_ONE) {
    const count = childrenNamed(domain, name).length;
    if (count !== 1)
      yield { field: `/domain/${name}`, description: count === 0 ? 'is missing' : `is there ${count} times` };
  }
  for (const name of AT_MOST_ONE) {
    const count = childrenNamed(domain, name).length;
    if (count > 1) yield { field: `/domain/${name}`, description: `is there ${count} times` };
  }
  for (const [name, why] of Object.entries(REFUSED)) {
    if (childrenNamed(domain, name).length > 0) yield { field: `/domain/${name}`, description: why };
  }
  const osType = textOf(child(domain, 'os', 'type'));
  if (osType !== 'hvm') yield { field: '/domain/os/type', description: `'${osType}' is not hvm` };
  const cells = child(domain, 'cpu', 'numa');
  if (cells !== undefined && childrenNamed(cells, 'cell').length > 1) {
    yield { field: '/domain/cpu/numa', description: 'has several cells; only one can follow the size of a guest' };
  }
  for (const info of childrenNamed(domain, 'sysinfo')) {
    if (attribute(info, 'type') !== 'smbios')
      yield { field: '/domain/sysinfo/@type', description: 'only smbios is taken' };
  }
}

/** qemu:commandline and its like hand arguments to the emulator past libvirt; only metadata may have a namespace. */
function* namespaces(domain: XmlElement): Generator<FieldViolation> {
  for (const top of [domain, ...elementsOf(domain)]) {
    if (top.name === 'metadata' && top.namespace === '') continue;
    for (const node of top === domain ? [domain] : descendants(top)) {
      if (node.namespace !== '')
        yield { field: `/domain/${node.name}`, description: `namespace ${node.namespace} is not taken` };
    }
  }
}

function* devices(domain: XmlElement): Generator<FieldViolation> {
  const all = childrenNamed(domain, 'devices').flatMap((node) => elementsOf(node));
  for (const device of all) {
    const field = `/domain/devices/${device.name}`;
    const type = attribute(device, 'type');
    if (!DEVICES.has(device.name)) yield { field, description: 'ties the guest to its host, or is not known' };
    const types = CHARACTER_DEVICES.has(device.name) ? CHARACTER_TYPES : TYPES[device.name];
    if (types !== undefined && !types.has(type))
      yield { field: `${field}/@type`, description: `'${type}' is not taken` };
    yield* deviceDetails(device, field);
  }
  yield* diskTargets(all.filter((device) => device.name === 'disk'));
}

function* deviceDetails(device: XmlElement, field: string): Generator<FieldViolation> {
  const device_ = attribute(device, 'device');
  if (device.name === 'disk' && !['', 'disk', 'cdrom', 'floppy'].includes(device_)) {
    yield { field: `${field}/@device`, description: `'${device_}' is not taken` };
  }
  if (device.name === 'interface') {
    for (const name of ['script', 'downscript', 'backend']) {
      if (child(device, name) !== undefined)
        yield { field: `${field}/${name}`, description: 'runs or opens something of the host' };
    }
    if (attribute(device, 'type') !== 'user' && nicSource(device) === '') {
      yield { field: `${field}/source`, description: 'names no network or bridge' };
    }
  }
  const backend = child(device, 'backend');
  if (device.name === 'tpm' && attribute(backend, 'type') !== 'emulator') {
    yield { field: `${field}/backend/@type`, description: 'only an emulated TPM is taken' };
  }
  if (device.name === 'rng' && !['random', 'builtin'].includes(attribute(backend, 'model'))) {
    yield { field: `${field}/backend/@model`, description: 'only random and builtin are taken' };
  }
}

export function nicSource(nic: XmlElement): string {
  return attribute(child(nic, 'source'), attribute(nic, 'type'));
}

function* diskTargets(disks: readonly XmlElement[]): Generator<FieldViolation> {
  const seen = new Set<string>();
  for (const disk of disks) {
    const target = attribute(child(disk, 'target'), 'dev');
    const field = '/domain/devices/disk/target/@dev';
    if (!/^[a-z]{2,3}[a-z]{1,2}$/.test(target))
      yield { field, description: `'${target}' is no target device such as vda` };
    else if (seen.has(target)) yield { field, description: `'${target}' is there twice` };
    seen.add(target);
  }
}

function* paths(domain: XmlElement): Generator<FieldViolation> {
  for (const { path, value } of valuesOf(domain)) {
    const rule = PATH_RULES.find(([where]) => where.test(path))?.[1];
    if (rule === undefined) {
      const unexpected = value.trim().startsWith('/') && !FREE_TEXT.test(path);
      if (unexpected) yield { field: `/${path}`, description: `'${value}': no path is taken here` };
      continue;
    }
    const problem = rule(value);
    if (problem !== undefined) yield { field: `/${path}`, description: `'${value}' ${problem}` };
  }
}

function isNormalized(path: string): boolean {
  return path.startsWith('/') && !/\/(?:\.{0,2})(?:\/|$)/.test(path) && !/\p{Cc}/u.test(path);
}
