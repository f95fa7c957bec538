// Hosts as they are shown: what was declared, what is claimed, what is left, and what to be warned of.

import { hostFacts } from '../fleet/filter-facts.js';
import type { FleetView } from '../fleet/fleet.js';
import { allocatable, type Host } from '../fleet/host.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import type { Resources } from '../fleet/resources.js';
import { filterKey, type HostFilter, passesHost } from './filters.js';
import { type Page, type PageRequest, pageOf } from './page.js';

/** OVERCOMMITTED: more is claimed than may be sold. DECLARED_OVER_OBSERVED: more was declared than libvirt reports. */
export type HostWarning = 'OVERCOMMITTED' | 'DECLARED_OVER_OBSERVED';

export interface HostView {
  readonly host: Host;
  /** What of it may be sold at all. */
  readonly allocatable: Resources;
  readonly claimed: Resources;
  /** allocatable - claimed; negative where it is over. */
  readonly available: Resources;
  /** How many guests are bound to it. */
  readonly guests: number;
  readonly warnings: readonly HostWarning[];
}

export function hostView(fleet: FleetView, host: Host): HostView {
  return {
    host,
    allocatable: allocatable(host),
    claimed: fleet.claimed(host.hostname),
    available: fleet.available(host),
    guests: fleet.guestsOn(host.hostname).length,
    warnings: warningsOf(fleet, host),
  };
}

export function warningsOf(fleet: FleetView, host: Host): readonly HostWarning[] {
  const warnings: HostWarning[] = [];
  if (fleet.room(host).isOver) warnings.push('OVERCOMMITTED');
  const { observed, capacity } = host;
  if (observed !== undefined && (capacity.cpu > observed.cpu || capacity.memoryKib > observed.memoryKib)) {
    warnings.push('DECLARED_OVER_OBSERVED');
  }
  return warnings;
}

/** By name. */
export function listHosts(fleet: FleetView, filter: HostFilter, request: PageRequest): Page<HostView> | Refusal {
  const listing = { filterKey: `hosts ${filterKey(filter)}`, keyOf: (host: Host) => host.hostname };
  const page = pageOf(hostsPassing(fleet, filter), listing, request);
  if (isRefusal(page)) return page;
  return { ...page, items: page.items.map((host) => hostView(fleet, host)) };
}

function* hostsPassing(fleet: FleetView, filter: HostFilter): Iterable<Host> {
  for (const host of fleet.all('host')) {
    if (passesHost(filter, host.hostname, hostFacts(host))) yield host;
  }
}
