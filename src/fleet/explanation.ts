// Why a host was chosen or refused, in closed codes and numbers.

import type { Resources } from './resources.js';

export const STRATEGIES = ['FIRST_FIT', 'BEST_FIT', 'WORST_FIT', 'VECTOR_DOT'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Closed list of what can speak against a host; one row in policy/feasible.ts each. */
export type RejectCode =
  | 'INSUFFICIENT_CPU'
  | 'INSUFFICIENT_MEMORY'
  | 'INSUFFICIENT_IO'
  | 'POOL_FULL'
  | 'HOST_ADMIN_STATE'
  | 'HOST_CONDITION'
  | 'HOST_OVERCOMMITTED'
  | 'EXCLUDED'
  | 'POOL_MISSING'
  | 'BASE_IMAGE_MISSING'
  | 'NETWORK_MISSING'
  | 'MACHINE_TYPE_MISSING'
  | 'CPU_INCOMPATIBLE'
  | 'SAME_MACHINE';

export interface HostVerdict {
  readonly hostname: string;
  readonly verdict: 'CHOSEN' | 'FIT_NOT_CHOSEN' | 'REJECTED';
  /** Every code that applies, most telling first; empty if it fits. */
  readonly codes: readonly RejectCode[];
  readonly required: Resources;
  readonly available: Resources;
  readonly shortfall: Resources;
  /** Score under the strategy, higher is better; undefined for rejected hosts. */
  readonly score: number | undefined;
  /** Sentence for a person. */
  readonly detail: string;
}

export type RejectCounts = Readonly<Partial<Record<RejectCode, number>>>;

/** What speaks for and against each host; recomputed on demand, never kept. */
export interface Explanation {
  readonly strategy: Strategy;
  readonly required: Resources;
  /** Those that fit by rank, then the others by name. Of a refusal: at most LIMITS.hostsExplained. */
  readonly hosts: readonly HostVerdict[];
  readonly hostsConsidered: number;
  readonly rejected: RejectCounts;
}

/** Hosts by the code that speaks against them; a host counts under each of its codes. */
export function countCodes(verdicts: readonly HostVerdict[]): RejectCounts {
  const counts: Partial<Record<RejectCode, number>> = {};
  for (const { codes } of verdicts) for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Of one host, which somebody named. */
export function explanationOf(strategy: Strategy, required: Resources, verdict: HostVerdict): Explanation {
  return { strategy, required, hosts: [verdict], hostsConsidered: 1, rejected: countCodes([verdict]) };
}

/** What is stored with every decision. */
export interface PlacementSummary {
  readonly strategy: Strategy;
  readonly winner: string;
  readonly runnerUp: string;
  readonly revision: number;
  readonly hostsConsidered: number;
  readonly rejected: RejectCounts;
}
