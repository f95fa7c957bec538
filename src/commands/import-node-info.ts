// ImportNodeInfo: the declared capacities of many hosts at once, answered as a diff. Importing the same again changes nothing.

import { put } from '../fleet/change.js';
import { accept, type Command, type DecisionContext, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { allocatable, fillUri, type Host, migrationUriOf } from '../fleet/host.js';
import type { Refusal } from '../fleet/refusal.js';
import { mapResources, NOTHING, type Resources, sameResources, shortfall } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import { checkAmounts } from './host-fields.js';
import { keptBy, removalOf } from './host-removal.js';
import { Violations } from './violations.js';

/** A node of nodeinfo.xml. */
export interface ImportedNode {
  readonly hostname: string;
  readonly ipAddress: string;
  readonly maxCapacity: Resources;
  readonly availableCapacity: Resources;
}

export interface ImportNodeInfoRequest {
  readonly nodes: readonly ImportedNode[];
  /** Hosts that the list does not have leave the fleet, if no guest is there. */
  readonly prune: boolean;
  /** How hosts without a uri of their own are reached; {address} and {hostname} are filled in. */
  readonly uriTemplate: string;
}

export type NodeChange = 'ADDED' | 'UPDATED' | 'UNCHANGED' | 'ABSENT' | 'REMOVED';

export interface NodeField {
  /** As in the API's Host. */
  readonly field: string;
  /** Empty for a new host. */
  readonly before: string;
  readonly after: string;
}

export interface NodeDiff {
  readonly hostname: string;
  readonly change: NodeChange;
  /** What the import sets and how it was before; of an ADDED host, all of it. */
  readonly fields: readonly NodeField[];
  /** ADDED: the reserve that was made of what max_capacity exceeds available_capacity by. */
  readonly reserve: Resources;
  /** By how much the claims exceed what the host now has; all 0 where they fit. */
  readonly over: Resources;
  /** ABSENT though pruning was asked for: why the host stays. */
  readonly keptBy: Refusal | undefined;
}

export interface ImportNodeInfoResult {
  /** In the order of the list, then the absent hosts by name. */
  readonly diff: readonly NodeDiff[];
}

export function importNodeInfo(request: ImportNodeInfoRequest): Command<ImportNodeInfoResult> {
  return {
    name: 'ImportNodeInfo',
    decide(fleet, context) {
      const invalid = violationsOf(request.nodes);
      if (invalid !== undefined) return refuse(invalid);
      const imported = request.nodes.map((node) => importNode(fleet, context, node, request.uriTemplate));
      const listed = new Set(request.nodes.map((node) => node.hostname));
      const absent = [...fleet.all('host')].map((host) => host.hostname).filter((hostname) => !listed.has(hostname));
      const absentDiff = absent.sort().map((hostname) => absence(fleet, hostname, request.prune));
      const pruned = absentDiff.filter((node) => node.change === 'REMOVED').map((node) => node.hostname);
      const changed = imported.flatMap(({ host }) => (host === undefined ? [] : [put('host', host)]));
      const diff = [...imported.map((node) => node.diff), ...absentDiff];
      return accept({ diff }, [...changed, ...removalOf(fleet, new Set(pruned))]);
    },
  };
}

function violationsOf(nodes: readonly ImportedNode[]): Refusal | undefined {
  const violations = new Violations();
  if (nodes.length > LIMITS.maxNodes) violations.add('nodes', `${nodes.length} nodes, at most ${LIMITS.maxNodes}`);
  const seen = new Set<string>();
  nodes.slice(0, LIMITS.maxNodes).forEach((node, index) => {
    const field = `nodes[${index}]`;
    if (seen.has(node.hostname)) violations.add(`${field}.hostname`, `${node.hostname} is listed twice`);
    seen.add(node.hostname);
    checkAmounts(violations, `${field}.max_capacity.`, node.maxCapacity);
    checkAmounts(violations, `${field}.available_capacity.`, node.availableCapacity);
    if (!sameResources(shortfall(node.availableCapacity, node.maxCapacity), NOTHING)) {
      violations.add(`${field}.available_capacity`, 'is more than max_capacity');
    }
  });
  return violations.refusal();
}

/** What the import does to one node of the list, and the host as it then is; undefined where nothing changes. */
function importNode(
  fleet: FleetView,
  context: DecisionContext,
  node: ImportedNode,
  uriTemplate: string,
): { readonly diff: NodeDiff; readonly host: Host | undefined } {
  const { hostname } = node;
  const before = fleet.get('host', hostname);
  const after =
    before === undefined ? newHost(fleet, context, node, uriTemplate) : updatedHost(before, node, uriTemplate);
  const fields = diffOf(before, after);
  const change = before === undefined ? 'ADDED' : fields.length > 0 ? 'UPDATED' : 'UNCHANGED';
  const reserve = before === undefined ? after.reserve : NOTHING;
  const over = shortfall(fleet.claimed(hostname), allocatable(after));
  return {
    diff: { hostname, change, fields, reserve, over, keptBy: undefined },
    host: fields.length > 0 ? after : undefined,
  };
}

function newHost(fleet: FleetView, context: DecisionContext, node: ImportedNode, uriTemplate: string): Host {
  const { hostname, ipAddress, maxCapacity, availableCapacity } = node;
  const kept = (name: keyof Resources): number => maxCapacity[name] - availableCapacity[name];
  return {
    hostname,
    ipAddress,
    ...byTemplate(hostname, ipAddress, uriTemplate),
    adminState: 'AVAILABLE',
    condition: 'UNREACHABLE',
    conditionReason: 'not reached yet',
    capacity: maxCapacity,
    ratios: fleet.policy.defaultRatios,
    reserve: mapResources((name) => (kept(name) > 0 ? kept(name) : fleet.policy.defaultReserve[name])),
    maxIoKibPerS: 0,
    observed: undefined,
    leftBehind: [],
    labels: {},
    zone: '',
    createdAt: context.now,
    cause: '',
    revision: 0,
  };
}

/** The list declares capacity and address; whatever else an operator set stays. */
function updatedHost(host: Host, node: ImportedNode, uriTemplate: string): Host {
  const { hostname, ipAddress, maxCapacity } = node;
  const before = byTemplate(hostname, host.ipAddress, uriTemplate);
  const after = byTemplate(hostname, ipAddress, uriTemplate);
  return {
    ...host,
    ipAddress,
    uri: host.uri === before.uri ? after.uri : host.uri,
    migrationUri: host.migrationUri === before.migrationUri ? after.migrationUri : host.migrationUri,
    capacity: maxCapacity,
  };
}

function byTemplate(hostname: string, ipAddress: string, template: string): Pick<Host, 'uri' | 'migrationUri'> {
  const uri = fillUri(template, hostname, ipAddress);
  return { uri, migrationUri: migrationUriOf(uri, hostname, ipAddress) };
}

const DIFFED: Readonly<Record<string, (host: Host) => string | number>> = {
  ip_address: (host) => host.ipAddress,
  uri: (host) => host.uri,
  migration_uri: (host) => host.migrationUri,
  max_cpu: (host) => host.capacity.cpu,
  max_memory_kib: (host) => host.capacity.memoryKib,
  max_io_kib: (host) => host.capacity.ioKib,
  'reserve.cpu': (host) => host.reserve.cpu,
  'reserve.memory_kib': (host) => host.reserve.memoryKib,
  'reserve.io_kib': (host) => host.reserve.ioKib,
};

function diffOf(before: Host | undefined, after: Host): readonly NodeField[] {
  return Object.entries(DIFFED)
    .map(([field, of]) => ({ field, before: before === undefined ? '' : String(of(before)), after: String(of(after)) }))
    .filter((field) => field.before !== field.after);
}

function absence(fleet: FleetView, hostname: string, prune: boolean): NodeDiff {
  const kept = prune ? keptBy(fleet, hostname) : undefined;
  const change = prune && kept === undefined ? 'REMOVED' : 'ABSENT';
  return { hostname, change, fields: [], reserve: NOTHING, over: NOTHING, keptBy: kept };
}
