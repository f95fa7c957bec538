// Puts a guest's disks into its domain's XML: by target device where the template has one, else as a new device.

import type { GuestDisk } from '../fleet/guest.js';
import { attribute, child, childrenNamed, element, ensureChild, removeChildren, type XmlElement } from './tree.js';

/** The bus of a target device by its prefix, and whether a seed on it is shown as a CD-ROM. */
const BUSES: readonly (readonly [prefix: string, bus: string])[] = [
  ['vd', 'virtio'],
  ['sd', 'sata'],
  ['hd', 'ide'],
];

export function setDisks(devices: XmlElement, disks: readonly GuestDisk[]): void {
  for (const disk of disks) {
    // An adopted guest's disk that is no file (a network disk): it stays as its XML has it.
    if (disk.path === '' && !disk.madeByVirtdc) continue;
    if (disk.path === '') throw new Error(`disk ${disk.target} has no path: its volume was not made yet`);
    const found = childrenNamed(devices, 'disk').find((node) => targetOf(node) === disk.target);
    const into = found ?? newDisk(disk);
    if (found === undefined) insertAfterDisks(devices, into);
    point(into, disk);
  }
}

function targetOf(disk: XmlElement): string {
  return attribute(child(disk, 'target'), 'dev');
}

/** Points the disk at its volume. One that points there already (an adopted guest's) is left as it is. */
function point(into: XmlElement, disk: GuestDisk): void {
  const source = child(into, 'source');
  const current = attribute(source, 'file') || attribute(source, 'dev');
  if (current === disk.path) return;
  removeChildren(into, (node) => ['source', 'backingStore', 'mirror'].includes(node.name));
  into.attributes.set('type', 'file');
  into.children.push(element('source', { file: disk.path }));
  const driver = ensureChild(into, 'driver');
  driver.attributes.set('name', 'qemu');
  driver.attributes.set('type', disk.format);
  // A cached disk may be stale on the other host: libvirt calls its migration unsafe, and virtdc never overrides that.
  if (disk.role === 'DISK' && !driver.attributes.has('cache')) driver.attributes.set('cache', 'none');
  if (disk.role === 'SEED' && child(into, 'readonly') === undefined) into.children.push(element('readonly'));
}

function newDisk(disk: GuestDisk): XmlElement {
  const bus = BUSES.find(([prefix]) => disk.target.startsWith(prefix))?.[1] ?? 'virtio';
  const device = disk.role === 'SEED' && bus !== 'virtio' ? 'cdrom' : 'disk';
  return element('disk', { type: 'file', device }, [element('target', { dev: disk.target, bus })]);
}

function insertAfterDisks(devices: XmlElement, disk: XmlElement): void {
  const last = childrenNamed(devices, 'disk').at(-1);
  const at = last === undefined ? devices.children.length : devices.children.indexOf(last) + 1;
  devices.children.splice(at, 0, disk);
}
