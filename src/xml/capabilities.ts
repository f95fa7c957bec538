// Reads what libvirt says of a host: its capabilities, and those of the domains it can run.

import { parseLibvirtXml } from './parse.js';
import { serialize } from './serialize.js';
import { attribute, child, childrenNamed, element, textOf } from './tree.js';

export interface HostCapabilities {
  readonly uuid: string;
  readonly arch: string;
  readonly cpuModel: string;
  /** Whether it runs guests of its own architecture on its own CPU. */
  readonly kvm: boolean;
  /** Canonical names and aliases, for guests of its own architecture; sorted. */
  readonly machineTypes: readonly string[];
}

/** Throws if the text is no XML: it comes from libvirt. */
export function hostCapabilities(xml: string): HostCapabilities {
  const root = parseLibvirtXml(xml);
  const host = child(root, 'host');
  const arch = textOf(child(host, 'cpu', 'arch'));
  const guests = childrenNamed(root, 'guest').flatMap((guest) => childrenNamed(guest, 'arch'));
  const own = guests.filter((each) => attribute(each, 'name') === arch);
  const domains = own.flatMap((each) => childrenNamed(each, 'domain'));
  const machines = own.flatMap((each) => [each, ...childrenNamed(each, 'domain')]);
  const names = machines.flatMap((each) => childrenNamed(each, 'machine').map(textOf));
  return {
    uuid: textOf(child(host, 'uuid')),
    arch,
    cpuModel: textOf(child(host, 'cpu', 'model')),
    kvm: domains.some((domain) => attribute(domain, 'type') === 'kvm'),
    machineTypes: [...new Set(names)].sort(),
  };
}

/**
 * The CPU that a guest gets here by default (host-model), as `<cpu>`: what a baseline is computed from. Empty where the
 * host offers none.
 */
export function hostModelCpu(domainCapabilitiesXml: string): string {
  const cpu = child(parseLibvirtXml(domainCapabilitiesXml), 'cpu');
  const modes = cpu === undefined ? [] : childrenNamed(cpu, 'mode');
  const model = modes.find(
    (mode) => attribute(mode, 'name') === 'host-model' && attribute(mode, 'supported') === 'yes',
  );
  return model === undefined ? '' : serialize(element('cpu', {}, model.children));
}
