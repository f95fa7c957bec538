// Puts a guest's network interfaces into its domain's XML, keeping the model and the options that the template gives them.

import type { GuestNic } from '../fleet/guest.js';
import { attribute, child, childrenNamed, element, ensureChild, removeChildren, type XmlElement } from './tree.js';

const TYPES: Readonly<Record<GuestNic['kind'], 'network' | 'bridge'>> = { NETWORK: 'network', BRIDGE: 'bridge' };

/**
 * The guest's interfaces on networks and bridges are then exactly those given. Each takes the place of the template's
 * interface with its MAC address, else of the next one; interfaces of other types are left alone.
 */
export function setNics(devices: XmlElement, nics: readonly GuestNic[]): void {
  const free = childrenNamed(devices, 'interface').filter((nic) =>
    ['network', 'bridge'].includes(attribute(nic, 'type')),
  );
  const take = (matches: (nic: XmlElement) => boolean): XmlElement | undefined => {
    const index = free.findIndex(matches);
    return index < 0 ? undefined : free.splice(index, 1)[0];
  };
  const byMac = nics.map((nic) => take((node) => macOf(node) === nic.mac.toLowerCase()));
  nics.forEach((nic, index) => {
    let into = byMac[index] ?? take(() => true);
    if (into === undefined) {
      into = element('interface', {}, [element('model', { type: 'virtio' })]);
      devices.children.push(into);
    }
    connect(into, nic);
  });
  removeChildren(devices, (node) => free.includes(node));
}

function macOf(nic: XmlElement): string {
  return attribute(child(nic, 'mac'), 'address').toLowerCase();
}

function connect(into: XmlElement, nic: GuestNic): void {
  const type = TYPES[nic.kind];
  ensureChild(into, 'mac').attributes.set('address', nic.mac);
  const source = ensureChild(into, 'source');
  if (attribute(into, 'type') === type && attribute(source, type) === nic.source) return;
  into.attributes.set('type', type);
  source.attributes.clear();
  source.attributes.set(type, nic.source);
  // Of the network it was on before.
  removeChildren(into, (node) => node.name === 'virtualport');
}
