// Takes out of a domain's XML what belongs to one guest or one run of it, so that the rest can be the model of others:
// ids, aliases, sockets and terminals that libvirt made, MAC addresses, labels, the sources of its disks.

import { readMark } from './domain-mark.js';
import {
  attribute,
  child,
  childrenNamed,
  descendants,
  elementsOf,
  removeChildren,
  textOf,
  type XmlElement,
} from './tree.js';

/** Children of the domain that are one guest's own, or one host's. */
const GUESTS_OWN: ReadonlySet<string> = new Set(['seclabel', 'resource', 'vcpus']);

/** Where a disk's data are, as opposed to how the guest sees it. */
const DISKS_OWN: ReadonlySet<string> = new Set(['source', 'backingStore', 'mirror', 'auth']);

/** Directories in which libvirt makes sockets for channels that name none. */
const LIBVIRTS_OWN_SOCKETS = /^\/(?:var\/lib|run|var\/run)\/libvirt\/qemu\/(?:channel|run)\//;

export function stripGuestsOwn(domain: XmlElement): void {
  domain.attributes.delete('id');
  removeChildren(domain, (node) => GUESTS_OWN.has(node.name));
  const genid = child(domain, 'genid');
  genid?.children.splice(0);
  removeChildren(child(domain, 'os') ?? domain, (node) => node.name === 'nvram' && attribute(node, 'template') === '');
  const nvram = child(domain, 'os', 'nvram');
  nvram?.children.splice(0);
  // libvirt's note that it has compared the CPU with that of the host it runs on.
  child(domain, 'cpu')?.attributes.delete('check');
  for (const devices of childrenNamed(domain, 'devices')) {
    if (readMark(domain) !== undefined) removeChildren(devices, isSeed);
    for (const device of elementsOf(devices)) stripDevice(device, textOf(child(domain, 'name')));
  }
}

/** The seed of a guest of virtdc's: told to that guest alone. */
function isSeed(device: XmlElement): boolean {
  return (
    device.name === 'disk' &&
    child(device, 'readonly') !== undefined &&
    attribute(child(device, 'driver'), 'type') === 'raw'
  );
}

function stripDevice(device: XmlElement, domainName: string): void {
  removeChildren(device, (node) => node.name === 'alias');
  if (device.name === 'disk') stripDisk(device);
  else if (device.name === 'interface') stripInterface(device);
  else if (device.name === 'graphics') stripGraphics(device);
  else stripCharacterDevice(device, domainName);
}

/** Sources are given by each guest's own definition; media in drives are not carried over. */
function stripDisk(disk: XmlElement): void {
  removeChildren(disk, (node) => DISKS_OWN.has(node.name));
  disk.attributes.delete('snapshot');
  disk.attributes.set('type', 'file');
}

function stripInterface(nic: XmlElement): void {
  removeChildren(
    nic,
    (node) => node.name === 'mac' || (node.name === 'target' && /^(?:vnet|macvtap)\d+$/.test(attribute(node, 'dev'))),
  );
  const source = child(nic, 'source');
  source?.attributes.delete('portid');
  if (attribute(nic, 'type') === 'network') source?.attributes.delete('bridge');
}

function stripGraphics(graphics: XmlElement): void {
  if (attribute(graphics, 'autoport') !== 'yes') return;
  for (const name of ['port', 'tlsPort', 'websocket']) graphics.attributes.delete(name);
}

function stripCharacterDevice(device: XmlElement, domainName: string): void {
  device.attributes.delete('tty');
  const type = attribute(device, 'type');
  removeChildren(device, (node) => {
    if (node.name !== 'source') return false;
    return type === 'pty' || (type === 'unix' && LIBVIRTS_OWN_SOCKETS.test(attribute(node, 'path')));
  });
  renameFile(child(device, 'source'), 'path', domainName);
  renameFile(child(device, 'log'), 'file', domainName);
}

/** A log or a socket that bears the guest's name bears the next guest's then: two guests cannot share it. */
function renameFile(element: XmlElement | undefined, name: string, domainName: string): void {
  const path = attribute(element, name);
  if (domainName === '' || path === '') return;
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  element?.attributes.set(name, directory + path.slice(directory.length).replaceAll(domainName, 'vm_name'));
}

/** Text and attribute values of the whole tree, with their paths; used where a rule holds for all of them. */
export function* valuesOf(root: XmlElement): Generator<{ readonly path: string; readonly value: string }> {
  const paths = new Map<XmlElement, string>([[root, root.name]]);
  for (const node of descendants(root)) {
    const path = paths.get(node) ?? node.name;
    for (const next of elementsOf(node)) paths.set(next, `${path}/${next.name}`);
    for (const [name, value] of node.attributes) yield { path: `${path}/@${name}`, value };
    const text = textOf(node);
    if (text !== '') yield { path, value: text };
  }
}
