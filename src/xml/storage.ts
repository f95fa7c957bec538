// XML of storage pools and volumes, both ways.

import { parseLibvirtXml } from './parse.js';
import { serialize } from './serialize.js';
import { attribute, child, element, textOf, type XmlElement } from './tree.js';
import { toKib } from './units.js';

export interface PoolDescription {
  readonly type: string;
  readonly path: string;
}

export function parsePool(xml: string): PoolDescription {
  const root = parseLibvirtXml(xml);
  return { type: attribute(root, 'type'), path: textOf(child(root, 'target', 'path')) };
}

export interface VolumeDescription {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly capacityKib: number;
  readonly allocationKib: number;
  /** Empty for a volume that stands by itself. */
  readonly backingPath: string;
}

export function parseVolume(xml: string): VolumeDescription {
  const root = parseLibvirtXml(xml);
  const kib = (name: string): number => {
    const found = child(root, name);
    // Without a unit the amounts of a volume are bytes.
    return toKib(textOf(found), attribute(found, 'unit') || 'b', 'UP') ?? 0;
  };
  return {
    name: textOf(child(root, 'name')),
    path: textOf(child(root, 'target', 'path')),
    format: attribute(child(root, 'target', 'format'), 'type'),
    capacityKib: kib('capacity'),
    allocationKib: kib('allocation'),
    backingPath: textOf(child(root, 'backingStore', 'path')),
  };
}

/** When its content was last written, by the clock of whoever keeps it; undefined where the pool's kind does not say. */
export function volumeMadeAt(xml: string): Date | undefined {
  const seconds = Number(textOf(child(parseLibvirtXml(xml), 'target', 'timestamps', 'mtime')));
  return seconds > 0 ? new Date(seconds * 1_000) : undefined;
}

/** A qcow2 volume, with the features of QEMU 1.1; an overlay where a base is given. */
export function renderQcow2Volume(
  name: string,
  capacityKib: number,
  base?: Pick<VolumeDescription, 'path' | 'format'>,
): string {
  const format = element('format', { type: 'qcow2' });
  const children: XmlElement[] = [
    element('name', {}, [name]),
    element('capacity', { unit: 'KiB' }, [String(capacityKib)]),
    element('target', {}, [format, element('compat', {}, ['1.1'])]),
  ];
  // Its format is always named: a probed one would let the contents of a raw image choose what file lies below it.
  if (base !== undefined) {
    const backing = [element('path', {}, [base.path]), element('format', { type: base.format })];
    children.push(element('backingStore', {}, backing));
  }
  return serialize(element('volume', {}, children));
}

/** A volume of so many bytes, not allocated yet, whose contents are to be written as they are. */
export function renderRawVolume(name: string, sizeBytes: number): string {
  return serialize(
    element('volume', {}, [
      element('name', {}, [name]),
      element('capacity', { unit: 'bytes' }, [String(sizeBytes)]),
      element('allocation', { unit: 'bytes' }, ['0']),
      element('target', {}, [element('format', { type: 'raw' })]),
    ]),
  );
}
