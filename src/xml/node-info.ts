// nodeinfo.xml, the original's list of hosts: names, addresses, and the capacities their operator declares.

import type { FieldViolation } from '../fleet/refusal.js';
import { mapResources, RESOURCE_NAMES, type ResourceName, type Resources } from '../fleet/resources.js';
import { type Checked, readRoot, violated } from './checked.js';
import type { XmlBounds } from './parse.js';
import { attribute, childrenNamed, elementsOf, textOf, type XmlElement } from './tree.js';
import { isUnit, toKib } from './units.js';

export interface NodeInfoBounds extends XmlBounds {
  readonly maxNodes: number;
  readonly maxCpu: number;
  readonly maxKib: number;
}

export interface DeclaredNode {
  readonly hostname: string;
  readonly ipAddress: string;
  readonly maxCapacity: Resources;
  /** What of it may be used; as maxCapacity where the file does not say. Never more than maxCapacity. */
  readonly availableCapacity: Resources;
}

const ELEMENT_OF: Readonly<Record<ResourceName, string>> = { cpu: 'cpu_core', memoryKib: 'memory', ioKib: 'io' };
/** A count needs none; files that give one say what is counted. */
const CORE_UNITS: ReadonlySet<string> = new Set(['', 'core', 'cores', 'cpu', 'cpus', 'count']);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const HOSTNAME =
  /^(?=.{1,253}$)(?!\d+$)[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** Reads `<node_info><nodes><node>...`; every problem is listed, none is repaired. */
export function parseNodeInfo(source: string, bounds: NodeInfoBounds): Checked<readonly DeclaredNode[]> {
  const root = readRoot(source, 'node_info', bounds);
  if (!root.ok) return root;
  const check = new Check(bounds);
  const lists = childrenNamed(root.value, 'nodes');
  if (lists.length !== 1) check.add('/node_info', `has ${lists.length} nodes elements, exactly one is due`);
  const elements = lists.flatMap((list) => elementsOf(list));
  if (elements.length > bounds.maxNodes) {
    return violated([{ field: '/node_info/nodes', description: `more than ${bounds.maxNodes} nodes` }]);
  }
  const nodes = elements.map((element, index) => check.node(element, `/node_info/nodes/node[${index + 1}]`));
  check.unique(nodes, 'hostname', 'hostname');
  check.unique(nodes, 'ipAddress', 'ipv4address');
  return check.violations.length > 0 ? violated(check.violations) : { ok: true, value: nodes };
}

/** Reads on after a problem, so that one pass finds all of them; what it reads then is not used. */
class Check {
  readonly violations: FieldViolation[] = [];

  constructor(private readonly bounds: NodeInfoBounds) {}

  add(field: string, description: string): void {
    this.violations.push({ field, description });
  }

  node(element: XmlElement, path: string): DeclaredNode {
    if (element.name !== 'node' || element.namespace !== '') this.add(path, `is ${element.name}, node is due`);
    const hostname = textOf(this.one(element, 'hostname', path));
    if (!HOSTNAME.test(hostname)) {
      this.add(`${path}/hostname`, `'${clip(hostname)}' is no host name (RFC 1123, lower case, not of digits alone)`);
    }
    const ipAddress = textOf(this.one(element, 'ipv4address', path));
    if (!IPV4.test(ipAddress)) this.add(`${path}/ipv4address`, `'${clip(ipAddress)}' is no IPv4 address`);
    const maxCapacity = this.capacity(this.one(element, 'max_capacity', path), `${path}/max_capacity`);
    const available = childrenNamed(element, 'available_capacity');
    if (available.length === 0) return { hostname, ipAddress, maxCapacity, availableCapacity: maxCapacity };
    const availablePath = `${path}/available_capacity`;
    const availableCapacity = this.capacity(this.one(element, 'available_capacity', path), availablePath);
    this.bounded(maxCapacity, availableCapacity, availablePath);
    return { hostname, ipAddress, maxCapacity, availableCapacity };
  }

  unique(nodes: readonly DeclaredNode[], of: 'hostname' | 'ipAddress', name: string): void {
    const first = new Map<string, number>();
    nodes.forEach((node, index) => {
      const before = first.get(node[of]);
      if (node[of] === '') return;
      if (before === undefined) first.set(node[of], index);
      else this.add(`/node_info/nodes/node[${index + 1}]/${name}`, `'${node[of]}' is node[${before + 1}]'s already`);
    });
  }

  private capacity(element: XmlElement | undefined, path: string): Resources {
    if (element === undefined) return mapResources(() => 0);
    return mapResources((name) => this.amount(element, name, path) ?? 0);
  }

  private amount(capacity: XmlElement, name: ResourceName, path: string): number | undefined {
    const element = this.one(capacity, ELEMENT_OF[name], path);
    if (element === undefined) return undefined;
    const field = `${path}/${element.name}`;
    const text = textOf(element);
    const unit = attribute(element, 'unit');
    if (name === 'cpu' && !CORE_UNITS.has(unit))
      this.add(`${field}/@unit`, `'${clip(unit)}' is no unit of cores; leave it out`);
    if (name !== 'cpu' && unit !== '' && !isUnit(unit)) {
      this.add(`${field}/@unit`, `'${clip(unit)}' is no unit (KiB, MiB, GiB, TiB, KB, MB, GB, k, M, G, b ...)`);
      return undefined;
    }
    const amount = name === 'cpu' ? (/^[0-9]{1,9}$/.test(text) ? Number(text) : undefined) : toKib(text, unit, 'DOWN');
    const most = name === 'cpu' ? this.bounds.maxCpu : this.bounds.maxKib;
    if (amount === undefined || amount > most) {
      this.add(field, `'${clip(text)}' is no whole number from 0 to ${most}${name === 'cpu' ? '' : ' KiB'}`);
      return undefined;
    }
    return amount;
  }

  private bounded(max: Resources, available: Resources, path: string): void {
    for (const name of RESOURCE_NAMES) {
      if (available[name] > max[name]) {
        this.add(`${path}/${ELEMENT_OF[name]}`, `${available[name]} is more than max_capacity has, ${max[name]}`);
      }
    }
  }

  private one(parent: XmlElement, name: string, path: string): XmlElement | undefined {
    const found = childrenNamed(parent, name);
    if (found.length !== 1)
      this.add(`${path}/${name}`, found.length === 0 ? 'is missing' : `is there ${found.length} times`);
    return found[0];
  }
}

/** What a user wrote, short enough to be answered with. */
function clip(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}
