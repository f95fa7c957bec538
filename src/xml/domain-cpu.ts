// The guest's CPU: the model that every host of the fleet can run, and the shape (topology, NUMA) that follows its size.

import { parseLibvirtXml } from './parse.js';
import { attribute, child, childrenNamed, ensureChild, removeChildren, setText, type XmlElement } from './tree.js';

/** What a template's own CPU says of the machine's shape, not of its model. */
const SHAPE: ReadonlySet<string> = new Set(['topology', 'numa', 'cache', 'maxphysaddr']);

/**
 * Replaces the CPU of a template that names none, or only its first host's. Not of an emulated guest: QEMU gives that
 * a CPU of its own making, the same on every host, and the baseline speaks of what the hosts' own CPUs can do.
 */
export function setCpuModel(domain: XmlElement, baselineXml: string): void {
  if (baselineXml === '' || attribute(domain, 'type') !== 'kvm' || namesModel(child(domain, 'cpu'))) return;
  const baseline = parseLibvirtXml(baselineXml);
  const cpu = ensureChild(domain, 'cpu');
  removeChildren(cpu, (node) => !SHAPE.has(node.name));
  cpu.attributes.clear();
  for (const [name, value] of baseline.attributes) cpu.attributes.set(name, value);
  if (!cpu.attributes.has('mode')) cpu.attributes.set('mode', 'custom');
  if (!cpu.attributes.has('match')) cpu.attributes.set('match', 'exact');
  cpu.children.unshift(...baseline.children.filter((node) => typeof node === 'string' || !SHAPE.has(node.name)));
}

function namesModel(cpu: XmlElement | undefined): boolean {
  const mode = attribute(cpu, 'mode');
  return (
    mode === 'host-passthrough' || mode === 'maximum' || (mode !== 'host-model' && child(cpu, 'model') !== undefined)
  );
}

/** A topology or a NUMA cell of another size than the guest's would be refused, or would quietly change its memory. */
export function fitShape(domain: XmlElement, maxCpu: number, maxMemoryKib: number): void {
  const cpu = child(domain, 'cpu');
  if (cpu === undefined) return;
  const topology = child(cpu, 'topology');
  const product = ['sockets', 'dies', 'clusters', 'cores', 'threads']
    .map((name) => Number(attribute(topology, name) || '1'))
    .reduce((a, b) => a * b, 1);
  if (topology !== undefined && product !== maxCpu) removeChildren(cpu, (node) => node === topology);
  // With memory devices the cell has but a part of the guest's memory, which is the template's to say.
  const devices = child(domain, 'devices');
  if (devices !== undefined && childrenNamed(devices, 'memory').length > 0) return;
  const cells = child(cpu, 'numa');
  const [cell, ...others] = cells === undefined ? [] : childrenNamed(cells, 'cell');
  if (cell === undefined || others.length > 0) return;
  cell.attributes.set('cpus', maxCpu === 1 ? '0' : `0-${maxCpu - 1}`);
  cell.attributes.set('memory', String(maxMemoryKib));
  cell.attributes.set('unit', 'KiB');
}

/** The ceiling for memory devices is never below the guest's own memory. */
export function fitMaxMemory(domain: XmlElement, maxMemoryKib: number, ceilingKib: number | undefined): void {
  const ceiling = child(domain, 'maxMemory');
  if (ceiling === undefined || (ceilingKib !== undefined && ceilingKib >= maxMemoryKib)) return;
  ceiling.attributes.set('unit', 'KiB');
  setText(ceiling, String(maxMemoryKib));
}
