// Explanations, stored decisions and the cluster's policy as messages.

import type {
  ClusterPolicy as ClusterPolicyMessage,
  HostVerdict as HostVerdictMessage,
  PlacementExplanation,
  PlacementSummary as PlacementSummaryMessage,
  RejectCount,
} from '#gen/virtdc/v1/placement.js';
import type { ClusterPolicy } from '../../fleet/cluster-policy.js';
import type { Explanation, HostVerdict, PlacementSummary, RejectCode } from '../../fleet/explanation.js';
import { toRatios, toReserve, toResources } from './amounts.js';

/** Hosts that fit by rank, then the others by name. */
export function toExplanation(explanation: Explanation, revision: number): PlacementExplanation {
  const fitting = explanation.hosts.filter((host) => host.verdict !== 'REJECTED').sort(byRank);
  const rejected = explanation.hosts.filter((host) => host.verdict === 'REJECTED').sort(byName);
  const counts = new Map<RejectCode, number>();
  for (const { codes } of rejected) for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return {
    strategy: `STRATEGY_${explanation.strategy}`,
    hosts: [...fitting.map((host, index) => toVerdict(host, index + 1)), ...rejected.map((host) => toVerdict(host, 0))],
    hostsConsidered: explanation.hosts.length,
    rejected: toCounts(Object.fromEntries(counts)),
    revision: BigInt(revision),
  };
}

function byName(a: HostVerdict, b: HostVerdict): number {
  return a.hostname < b.hostname ? -1 : 1;
}

function byRank(a: HostVerdict, b: HostVerdict): number {
  if (a.verdict !== b.verdict) return a.verdict === 'CHOSEN' ? -1 : 1;
  return (b.score ?? 0) - (a.score ?? 0) || byName(a, b);
}

function toVerdict(host: HostVerdict, rank: number): HostVerdictMessage {
  return {
    hostname: host.hostname,
    verdict: `HOST_VERDICT_KIND_${host.verdict}`,
    codes: host.codes.map((code) => `REJECT_CODE_${code}` as const),
    required: toResources(host.required),
    available: toResources(host.available),
    shortfall: toResources(host.shortfall),
    score: host.score,
    rank,
    detail: host.detail,
  };
}

function toCounts(rejected: Readonly<Partial<Record<RejectCode, number>>>): RejectCount[] {
  return Object.entries(rejected).map(([code, hosts]) => ({ code: `REJECT_CODE_${code as RejectCode}`, hosts }));
}

export function toSummary(summary: PlacementSummary): PlacementSummaryMessage {
  return {
    strategy: `STRATEGY_${summary.strategy}`,
    winner: summary.winner,
    runnerUp: summary.runnerUp,
    hostsConsidered: summary.hostsConsidered,
    rejected: toCounts(summary.rejected),
    revision: BigInt(summary.revision),
  };
}

export function toClusterPolicy(policy: ClusterPolicy): ClusterPolicyMessage {
  return {
    strategy: `STRATEGY_${policy.strategy}`,
    defaultRatios: toRatios(policy.defaultRatios),
    defaultReserve: toReserve(policy.defaultReserve),
    defaultPool: policy.defaultPool,
    revision: BigInt(policy.revision),
  };
}
