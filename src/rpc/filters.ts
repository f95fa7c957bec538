// Filters of requests as the queries and watches know them.

import type { GuestFilter as GuestFilterMessage } from '#gen/virtdc/v1/guest.js';
import type { HostFilter as HostFilterMessage } from '#gen/virtdc/v1/host.js';
import type { MigrationFilter as MigrationFilterMessage } from '#gen/virtdc/v1/migration.js';
import type { OperationFilter as OperationFilterMessage } from '#gen/virtdc/v1/operation.js';
import type { GuestState } from '../fleet/guest.js';
import type { AdminState, HostCondition } from '../fleet/host.js';
import type { OperationKind, OperationState } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import type { GuestFilter, HostFilter, MigrationFilter, OperationFilter } from '../queries/filters.js';
import type { PageRequest } from '../queries/page.js';
import type { Check } from './check.js';

const GUEST_STATES: readonly GuestState[] = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'PAUSED',
  'MIGRATING',
  'STOPPED',
  'TERMINATING',
  'LOST',
  'UNKNOWN',
];
const ADMIN_STATES: readonly AdminState[] = ['AVAILABLE', 'CORDONED'];
const CONDITIONS: readonly HostCondition[] = ['READY', 'SUSPECT', 'UNREACHABLE', 'DEAD'];
const OPERATION_STATES: readonly OperationState[] = [
  'PENDING',
  'RUNNING',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
];
const OPERATION_KINDS: readonly OperationKind[] = [
  'CREATE_GUEST',
  'TERMINATE_GUEST',
  'START_GUEST',
  'STOP_GUEST',
  'REBOOT_GUEST',
  'PAUSE_GUEST',
  'RESUME_GUEST',
  'MIGRATE_GUEST',
  'SCALE_CPU',
  'SCALE_MEMORY',
  'RESTART_GUEST',
  'CONFIRM_HOST_DEAD',
  'FENCE_HOST',
];

export class FilterReader {
  constructor(private readonly check: Check) {}

  vmids(field: string, values: readonly string[] = []): ReadonlySet<string> {
    return new Set(
      this.check.list(field, values, LIMITS.maxFilterEntries, (one, value) => this.check.vmid(one, value)),
    );
  }

  hostnames(field: string, values: readonly string[] = []): ReadonlySet<string> {
    return new Set(
      this.check.list(field, values, LIMITS.maxFilterEntries, (one, value) => this.check.hostname(one, value)),
    );
  }

  /** UNSPECIFIED among the wanted values is a mistake: it would match nothing. */
  enums<T extends string>(
    field: string,
    prefix: string,
    values: readonly string[] = [],
    known: readonly T[],
  ): ReadonlySet<T> {
    const read = this.check.list(field, values, LIMITS.maxFilterEntries, (one, value) => {
      const found = this.check.enum(one, prefix, value, known);
      if (value === `${prefix}_UNSPECIFIED`) this.check.add(one, 'has to be given');
      return found;
    });
    return new Set(read.filter((one) => one !== undefined));
  }
}

export function readGuestFilter(check: Check, filter: GuestFilterMessage | undefined): GuestFilter {
  const read = new FilterReader(check);
  return {
    vmids: read.vmids('filter.vmids', filter?.vmids),
    hostnames: read.hostnames('filter.hostnames', filter?.hostnames),
    states: read.enums('filter.states', 'GUEST_STATE', filter?.states, GUEST_STATES),
    labels: check.labels('filter.labels', filter?.labels ?? {}),
    baseGuest: check.name('filter.base_guest', filter?.baseGuest ?? ''),
  };
}

export function readHostFilter(check: Check, filter: HostFilterMessage | undefined): HostFilter {
  const read = new FilterReader(check);
  return {
    hostnames: read.hostnames('filter.hostnames', filter?.hostnames),
    adminStates: read.enums('filter.admin_states', 'HOST_ADMIN_STATE', filter?.adminStates, ADMIN_STATES),
    conditions: read.enums('filter.conditions', 'HOST_CONDITION', filter?.conditions, CONDITIONS),
    labels: check.labels('filter.labels', filter?.labels ?? {}),
    zone: check.name('filter.zone', filter?.zone ?? ''),
  };
}

export function readOperationFilter(check: Check, filter: OperationFilterMessage | undefined): OperationFilter {
  const read = new FilterReader(check);
  const parent = filter?.parent ?? '';
  return {
    targets: read.vmids('filter.targets', filter?.targets),
    kinds: read.enums('filter.kinds', 'OPERATION_KIND', filter?.kinds, OPERATION_KINDS),
    states: read.enums('filter.states', 'OPERATION_STATE', filter?.states, OPERATION_STATES),
    parent: parent === '' ? '' : check.operation('filter.parent', parent),
  };
}

export function readMigrationFilter(check: Check, filter: MigrationFilterMessage | undefined): MigrationFilter {
  const read = new FilterReader(check);
  return {
    vmids: read.vmids('filter.vmids', filter?.vmids),
    sourceHosts: read.hostnames('filter.source_hosts', filter?.sourceHosts),
    destHosts: read.hostnames('filter.dest_hosts', filter?.destHosts),
    states: read.enums('filter.states', 'OPERATION_STATE', filter?.states, OPERATION_STATES),
  };
}

export function readPage(
  check: Check,
  request: { readonly pageSize: number; readonly pageToken: string },
): PageRequest {
  if (request.pageToken.length > LIMITS.maxPageTokenChars) check.add('page_token', 'is no token of this list');
  return { size: check.pageSize(request.pageSize), token: request.pageToken };
}
