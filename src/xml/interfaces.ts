// XML of a host's network interfaces, as libvirt lists them.

import { parseLibvirtXml } from './parse.js';
import { attribute } from './tree.js';

/** Whether the interface is a bridge, which a guest's interface can be a port of. */
export function isBridge(interfaceXml: string): boolean {
  return attribute(parseLibvirtXml(interfaceXml), 'type') === 'bridge';
}
