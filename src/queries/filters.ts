// Which guests, hosts and operations are meant: lists and watches go by the same filters. An empty part is not looked at.

import type { FilterFacts } from '../fleet/filter-facts.js';
import type { GuestState } from '../fleet/guest.js';
import type { AdminState, HostCondition } from '../fleet/host.js';
import type { Operation, OperationKind, OperationState } from '../fleet/operation.js';

type Labels = Readonly<Record<string, string>>;

export interface GuestFilter {
  readonly vmids: ReadonlySet<string>;
  readonly hostnames: ReadonlySet<string>;
  readonly states: ReadonlySet<GuestState>;
  /** All of these. */
  readonly labels: Labels;
  readonly baseGuest: string;
}

export interface HostFilter {
  readonly hostnames: ReadonlySet<string>;
  readonly adminStates: ReadonlySet<AdminState>;
  readonly conditions: ReadonlySet<HostCondition>;
  /** All of these. */
  readonly labels: Labels;
  readonly zone: string;
}

export interface OperationFilter {
  /** vmids. */
  readonly targets: ReadonlySet<string>;
  readonly kinds: ReadonlySet<OperationKind>;
  readonly states: ReadonlySet<OperationState>;
  readonly parent: string;
}

export interface MigrationFilter {
  readonly vmids: ReadonlySet<string>;
  readonly sourceHosts: ReadonlySet<string>;
  readonly destHosts: ReadonlySet<string>;
  readonly states: ReadonlySet<OperationState>;
}

/** Equal filters have equal keys, in whatever order their parts were given. */
export function filterKey(filter: object): string {
  const parts = Object.entries(filter).map(([name, part]) => [name, part instanceof Set ? [...part].sort() : part]);
  return JSON.stringify(parts.sort(), (_, value: unknown) => (isRecord(value) ? Object.entries(value).sort() : value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function passesGuest(filter: GuestFilter, vmid: string, facts: FilterFacts): boolean {
  return (
    meets(filter.vmids, vmid) &&
    meets(filter.hostnames, facts.hostname) &&
    meets(filter.states, facts.state) &&
    (filter.baseGuest === '' || filter.baseGuest === facts.baseGuest) &&
    carries(facts.labels, filter.labels)
  );
}

export function passesHost(filter: HostFilter, hostname: string, facts: FilterFacts): boolean {
  return (
    meets(filter.hostnames, hostname) &&
    meets(filter.adminStates, facts.state) &&
    meets(filter.conditions, facts.condition) &&
    (filter.zone === '' || filter.zone === facts.zone) &&
    carries(facts.labels, filter.labels)
  );
}

export function passesOperation(filter: OperationFilter, operation: Operation): boolean {
  return (
    meets(filter.targets, operation.target) &&
    meets(filter.kinds, operation.input.kind) &&
    meets(filter.states, operation.state) &&
    (filter.parent === '' || filter.parent === operation.parent)
  );
}

/** Only migrations pass. */
export function passesMigration(filter: MigrationFilter, { input, target, state }: Operation): boolean {
  return (
    input.kind === 'MIGRATE_GUEST' &&
    meets(filter.vmids, target) &&
    meets(filter.sourceHosts, input.sourceHost) &&
    meets(filter.destHosts, input.destHost) &&
    meets(filter.states, state)
  );
}

function meets(allowed: ReadonlySet<string>, value: string): boolean {
  return allowed.size === 0 || allowed.has(value);
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
