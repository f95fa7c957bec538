// The least domain that QEMU will run: what is moved to see whether one host's migrations reach another.

import { serialize } from './serialize.js';
import { element } from './tree.js';

const PROBE_MEMORY_MIB = 16;

export function probeDomain(name: string, uuid: string): string {
  return serialize(
    element('domain', { type: 'qemu' }, [
      element('name', {}, [name]),
      element('uuid', {}, [uuid]),
      element('memory', { unit: 'MiB' }, [String(PROBE_MEMORY_MIB)]),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', {}, ['hvm'])]),
      element('devices', {}, [
        element('controller', { type: 'usb', model: 'none' }),
        element('memballoon', { model: 'none' }),
      ]),
    ]),
  );
}
