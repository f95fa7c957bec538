// Explanations, stored decisions and the cluster's policy as messages.

import type {
  ClusterPolicy as ClusterPolicyMessage,
  HostVerdict as HostVerdictMessage,
  PlacementExplanation,
  PlacementSummary as PlacementSummaryMessage,
  RejectCount,
} from '#gen/virtdc/v1/placement.js';
import type { ClusterPolicy } from '../../fleet/cluster-policy.js';
import type { Explanation, HostVerdict, PlacementSummary, RejectCode, RejectCounts } from '../../fleet/explanation.js';
import { toRatios, toReserve, toResources } from './amounts.js';

export function toExplanation(explanation: Explanation, revision: number): PlacementExplanation {
  return {
    strategy: `STRATEGY_${explanation.strategy}`,
    hosts: explanation.hosts.map((host, index) => toVerdict(host, host.verdict === 'REJECTED' ? 0 : index + 1)),
    hostsConsidered: explanation.hostsConsidered,
    rejected: toCounts(explanation.rejected),
    revision: BigInt(revision),
  };
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

function toCounts(rejected: RejectCounts): RejectCount[] {
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
