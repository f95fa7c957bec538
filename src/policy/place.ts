// Which host takes a guest: every host through the filters, the rest by score. What is stored with the decision is small;
// the verdict on each host is made on demand, by the same rows.

import type { Explanation, HostVerdict, PlacementSummary, RejectCode } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Host } from '../fleet/host.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { type Resources, shortfall } from '../fleet/resources.js';
import { FILTERS, memoryNeededKib, rejections, rowsOf } from './feasible.js';
import { lookUp, type Needs, type PlacementRequest } from './needs.js';
import { score, WEIGHTS } from './score.js';

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
  const { winner, runnerUp, considered, counts } = choose(fleet, lookUp(fleet, request));
  return {
    strategy: request.strategy,
    winner: winner?.hostname ?? '',
    runnerUp: runnerUp?.hostname ?? '',
    revision: fleet.revision,
    hostsConsidered: considered,
    rejected: rejectedCounts(counts),
  };
}

/** A host that somebody named, instead of a choice: the decision if it fits, and why not otherwise. */
export function placeOn(fleet: FleetView, request: PlacementRequest, host: Host): Placement | Refusal {
  const { hostname } = host;
  const { strategy, required } = request;
  const needs = lookUp(fleet, request);
  const verdict = verdictOn(fleet, needs, host);
  if (verdict.verdict === 'REJECTED') {
    const codes = verdict.codes.join(', ');
    return refusal(
      'HOST_DOES_NOT_FIT',
      `host ${hostname} ${verdict.detail}`,
      { hostname, codes, ...amounts('required', verdict.required), ...amounts('available', verdict.available) },
      { explanation: { strategy, required, hosts: [verdict] } },
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
  return verdictOn(fleet, lookUp(fleet, request), host);
}

/** The verdict on every host: those that fit by rank, then the others by name. */
export function explain(fleet: FleetView, request: PlacementRequest): Explanation {
  const needs = lookUp(fleet, request);
  const verdicts = [...fleet.all('host')].map((host) => verdictOn(fleet, needs, host));
  verdicts.sort((a, b) => {
    if (a.score === undefined || b.score === undefined) {
      if (a.score !== b.score) return a.score === undefined ? 1 : -1;
    } else if (a.score !== b.score) return b.score - a.score;
    return a.hostname < b.hostname ? -1 : 1;
  });
  const [first, ...others] = verdicts;
  const chosen = first?.verdict === 'FIT_NOT_CHOSEN' ? [{ ...first, verdict: 'CHOSEN' as const }, ...others] : verdicts;
  return { strategy: request.strategy, required: request.required, hosts: chosen };
}

interface Choice {
  readonly winner: Host | undefined;
  readonly runnerUp: Host | undefined;
  readonly considered: number;
  /** Hosts rejected by each row of FILTERS; a host counts under each that speaks against it. */
  readonly counts: readonly number[];
}

/** One pass over the hosts that allocates nothing for any of them. */
function choose(fleet: FleetView, needs: Needs): Choice {
  const weights = WEIGHTS[needs.strategy];
  const counts = new Array<number>(FILTERS.length).fill(0);
  let winner: Host | undefined;
  let runnerUp: Host | undefined;
  let best = 0;
  let second = 0;
  let considered = 0;
  for (const host of fleet.all('host')) {
    considered++;
    const room = fleet.room(host);
    const mask = rejections(host, needs, room);
    if (mask !== 0) {
      for (let row = 0; row < FILTERS.length; row++)
        if ((mask & (1 << row)) !== 0) counts[row] = (counts[row] ?? 0) + 1;
      continue;
    }
    const points = score(weights, needs.required, room.available, room.allocatable);
    if (winner === undefined || precedes(points, host, best, winner)) {
      runnerUp = winner;
      second = best;
      winner = host;
      best = points;
    } else if (runnerUp === undefined || precedes(points, host, second, runnerUp)) {
      runnerUp = host;
      second = points;
    }
  }
  return { winner, runnerUp, considered, counts };
}

function precedes(points: number, host: Host, otherPoints: number, other: Host): boolean {
  return points > otherPoints || (points === otherPoints && host.hostname < other.hostname);
}

function rejectedCounts(counts: readonly number[]): Partial<Record<RejectCode, number>> {
  const rejected: Partial<Record<RejectCode, number>> = {};
  FILTERS.forEach(({ code }, row) => {
    const hosts = counts[row] ?? 0;
    if (hosts > 0) rejected[code] = hosts;
  });
  return rejected;
}

function verdictOn(fleet: FleetView, needs: Needs, host: Host): HostVerdict {
  const room = fleet.room(host);
  const { available } = room;
  const required = { ...needs.required, memoryKib: memoryNeededKib(needs, room) };
  const against = rowsOf(rejections(host, needs, room));
  const fits = against.length === 0;
  return {
    hostname: host.hostname,
    verdict: fits ? 'FIT_NOT_CHOSEN' : 'REJECTED',
    codes: against.map((row) => row.code),
    required,
    available,
    shortfall: shortfall(required, available),
    score: fits ? score(WEIGHTS[needs.strategy], needs.required, available, room.allocatable) : undefined,
    detail: fits ? 'fits' : against.map((row) => row.sentence(host, needs, room)).join('; '),
  };
}

function noHostFits(fleet: FleetView, request: PlacementRequest, summary: PlacementSummary): Refusal {
  const { hostsConsidered: hosts, rejected } = summary;
  const reasons = Object.entries(rejected).map(([code, count]) => `${code} on ${count}`);
  const message = hosts === 0 ? 'there are no hosts' : `none of ${hosts} hosts fits: ${reasons.join(', ')}`;
  const counts = Object.fromEntries(Object.entries(rejected).map(([code, count]) => [code.toLowerCase(), count]));
  const metadata = { hosts, ...counts, ...amounts('required', request.required) };
  return refusal('NO_HOST_FITS', message, metadata, { explanation: explain(fleet, request) });
}

function amounts(prefix: string, { cpu, memoryKib, ioKib }: Resources): Record<string, number> {
  return { [`${prefix}_cpu`]: cpu, [`${prefix}_memory_kib`]: memoryKib, [`${prefix}_io_kib`]: ioKib };
}
