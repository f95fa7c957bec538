// Renders a guest's definition as the domain XML that libvirt is given: the template's tree, with everything that is the
// guest's own set on it. Whatever virtdc does not know stays as it was.

import type { GuestDefinition } from '../fleet/guest-definition.js';
import { fitMaxMemory, fitShape, setCpuModel } from './domain-cpu.js';
import { setDisks } from './domain-disks.js';
import { setMark } from './domain-mark.js';
import { setNics } from './domain-nics.js';
import { parseLibvirtXml } from './parse.js';
import { serialize } from './serialize.js';
import {
  attribute,
  child,
  descendants,
  ensureChild,
  removeChildren,
  setText,
  textOf,
  type XmlElement,
} from './tree.js';
import { toKib } from './units.js';

const VARIABLE = /vm_name|vm_uuid|max_memory|current_memory|max_cpu|current_cpu/g;

export function renderDomain(definition: GuestDefinition): string {
  const domain = parseLibvirtXml(definition.templateXml);
  replaceVariables(domain, definition);
  setSize(domain, definition);
  setText(ensureChild(domain, 'name'), definition.domainName);
  setText(ensureChild(domain, 'uuid'), definition.uuid);
  setCpuModel(domain, definition.cpuBaselineXml);
  fitShape(domain, definition.maxCpu, definition.maxMemoryKib);
  const devices = ensureChild(domain, 'devices');
  setDisks(devices, definition.disks);
  setNics(devices, definition.nics);
  setMark(domain, definition.mark);
  return serialize(domain);
}

/**
 * A running domain's own XML (as migratable), with the paths and the mark of the definition: what libvirt takes as the
 * domain's XML on another host. Rendered anew it could differ in a device address, which a migration does not forgive.
 */
export function retargetDomain(liveXml: string, definition: GuestDefinition): string {
  const domain = parseLibvirtXml(liveXml);
  setDisks(ensureChild(domain, 'devices'), definition.disks);
  setMark(domain, definition.mark);
  return serialize(domain);
}

/** The original's variables, in one pass: a value that looks like a variable is not replaced again. */
function replaceVariables(domain: XmlElement, definition: GuestDefinition): void {
  const values: Readonly<Record<string, string>> = {
    vm_name: definition.domainName,
    vm_uuid: definition.uuid,
    max_memory: String(definition.maxMemoryKib),
    current_memory: String(definition.currentMemoryKib),
    max_cpu: String(definition.maxCpu),
    current_cpu: String(definition.currentCpu),
  };
  const replace = (text: string): string => text.replace(VARIABLE, (name) => values[name] ?? name);
  for (const node of descendants(domain)) {
    for (const [name, value] of node.attributes) node.attributes.set(name, replace(value));
    node.children.forEach((inside, index) => {
      if (typeof inside === 'string') node.children[index] = replace(inside);
    });
  }
}

function setSize(domain: XmlElement, definition: GuestDefinition): void {
  setKib(domain, 'memory', definition.maxMemoryKib);
  setKib(domain, 'currentMemory', definition.currentMemoryKib);
  const ceiling = child(domain, 'maxMemory');
  fitMaxMemory(domain, definition.maxMemoryKib, toKib(textOf(ceiling), attribute(ceiling, 'unit'), 'DOWN'));
  // Which of the vCPUs are plugged, in a running guest's XML: that follows from their number.
  removeChildren(domain, (node) => node.name === 'vcpus');
  const vcpu = ensureChild(domain, 'vcpu');
  vcpu.attributes.set('placement', 'static');
  vcpu.attributes.set('current', String(definition.currentCpu));
  setText(vcpu, String(definition.maxCpu));
}

function setKib(domain: XmlElement, name: string, kib: number): void {
  const into = ensureChild(domain, name);
  into.attributes.set('unit', 'KiB');
  setText(into, String(kib));
}
