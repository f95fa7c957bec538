// Which host takes a guest: every host through the filters, the rest by score. What is stored with the decision is small;
// the verdict on each host is made on demand, by the same rows.

import {
  countCodes,
  type Explanation,
  explanationOf,
  type HostVerdict,
  type PlacementSummary,
  type RejectCode,
  type RejectCounts,
} from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Host } from '../fleet/host.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { mapResources, type Resources, shortfall } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import { FILTERS, memoryNeededKib, rowsOf } from './feasible.js';
import type { PlacementRequest } from './needs.js';
import { bestTwo, type Weighed, weigh } from './weigh.js';

export interface Placement {
  readonly hostname: string;
  readonly summary: PlacementSummary;
}

export function place(fleet: FleetView, request: PlacementRequest): Placement | Refusal {
  const summary = survey(fleet, request);
  if (summary.winner === '') return noHostFits(fleet, request, summary);
  return { hostname: summary.winner, summary };
}

/** The choice in short, whether or not there is one; its winner is empty if no host fits. */
export function survey(fleet: FleetView, request: PlacementRequest): PlacementSummary {
  const weighed = weigh(fleet, request);
  const { hosts } = weighed.table;
  const { winner, runnerUp } = bestTwo(weighed.scores);
  return {
    strategy: request.strategy,
    winner: hosts[winner]?.hostname ?? '',
    runnerUp: hosts[runnerUp]?.hostname ?? '',
    revision: fleet.revision,
    hostsConsidered: hosts.length,
    rejected: rejectedOf(weighed),
  };
}

/** A host that somebody named, instead of a choice: the decision if it fits, and why not otherwise. */
export function placeOn(fleet: FleetView, request: PlacementRequest, host: Host): Placement | Refusal {
  const { hostname } = host;
  const { strategy, required } = request;
  const verdict = verdictFor(fleet, request, host);
  if (verdict.verdict === 'REJECTED') {
    const codes = verdict.codes.join(', ');
    return refusal(
      'HOST_DOES_NOT_FIT',
      `host ${hostname} ${verdict.detail}`,
      { hostname, codes, ...amounts('required', verdict.required), ...amounts('available', verdict.available) },
      { explanation: explanationOf(strategy, required, verdict) },
    );
  }
  const summary = {
    strategy,
    winner: hostname,
    runnerUp: '',
    revision: fleet.revision,
    hostsConsidered: 1,
    rejected: {},
  };
  return { hostname, summary };
}

/** What speaks for and against one host. */
export function verdictFor(fleet: FleetView, request: PlacementRequest, host: Host): HostVerdict {
  const weighed = weigh(fleet, request);
  return verdictOn(weighed, weighed.table.rowOf(host));
}

/** The verdict on every host: those that fit by rank, then the others by name. */
export function explain(fleet: FleetView, request: PlacementRequest): Explanation {
  const weighed = weigh(fleet, request);
  const verdicts = weighed.table.hosts.map((_, row) => verdictOn(weighed, row));
  // They are in the order of their names, and those of equal rank stay so.
  verdicts.sort((a, b) => (b.score ?? Number.NEGATIVE_INFINITY) - (a.score ?? Number.NEGATIVE_INFINITY) || 0);
  const [first, ...others] = verdicts;
  const hosts = first?.verdict === 'FIT_NOT_CHOSEN' ? [{ ...first, verdict: 'CHOSEN' as const }, ...others] : verdicts;
  const { strategy, required } = request;
  return { strategy, required, hosts, hostsConsidered: hosts.length, rejected: countCodes(verdicts) };
}

function rejectedOf({ rejected }: Weighed): RejectCounts {
  const counts: Partial<Record<RejectCode, number>> = {};
  FILTERS.forEach(({ code }, row) => {
    const hosts = rejected[row] ?? 0;
    if (hosts > 0) counts[code] = hosts;
  });
  return counts;
}

function verdictOn({ table, needs, against, scores }: Weighed, row: number): HostVerdict {
  const host = table.hosts[row] as Host;
  const available = mapResources((name) => table.available[name][row] as number);
  const neededKib = memoryNeededKib(needs, table.greatestRetakeKib[row] as number);
  const required = { ...needs.required, memoryKib: neededKib };
  const filters = rowsOf(against[row] as number);
  const fits = filters.length === 0;
  return {
    hostname: host.hostname,
    verdict: fits ? 'FIT_NOT_CHOSEN' : 'REJECTED',
    codes: filters.map(({ code }) => code),
    required,
    available,
    shortfall: shortfall(required, available),
    score: fits ? scores[row] : undefined,
    detail: fits ? 'fits' : filters.map((filter) => filter.sentence(host, needs, required, available)).join('; '),
  };
}

function noHostFits(fleet: FleetView, request: PlacementRequest, summary: PlacementSummary): Refusal {
  const { strategy, hostsConsidered, rejected } = summary;
  const { required } = request;
  const reasons = Object.entries(rejected).map(([code, hosts]) => `${code} on ${hosts}`);
  const message =
    hostsConsidered === 0 ? 'there are no hosts' : `none of ${hostsConsidered} hosts fits: ${reasons.join(', ')}`;
  const counts = Object.fromEntries(Object.entries(rejected).map(([code, hosts]) => [code.toLowerCase(), hosts]));
  const metadata = { hosts: hostsConsidered, ...counts, ...amounts('required', required) };
  const weighed = weigh(fleet, request);
  const hosts = weighed.table.hosts.slice(0, LIMITS.hostsExplained).map((_, row) => verdictOn(weighed, row));
  return refusal('NO_HOST_FITS', message, metadata, {
    explanation: { strategy, required, hosts, hostsConsidered, rejected },
  });
}

function amounts(prefix: string, { cpu, memoryKib, ioKib }: Resources): Record<string, number> {
  return { [`${prefix}_cpu`]: cpu, [`${prefix}_memory_kib`]: memoryKib, [`${prefix}_io_kib`]: ioKib };
}
