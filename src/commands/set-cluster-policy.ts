// SetClusterPolicy: what holds for the whole fleet from now on. Claims and hosts that exist stay as they were made.

import { put } from '../fleet/change.js';
import type { ClusterPolicy } from '../fleet/cluster-policy.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { checkAmounts, checkRatios } from './host-fields.js';
import { findPool, staleRevision } from './preconditions.js';
import { Violations } from './violations.js';

export interface SetClusterPolicyRequest {
  /** 0: whatever it is. */
  readonly expectedRevision: number;
  /** What is left out stays as it is. */
  readonly set: Partial<Omit<ClusterPolicy, 'revision'>>;
}

export function setClusterPolicy(request: SetClusterPolicyRequest): Command<ClusterPolicy> {
  return {
    name: 'SetClusterPolicy',
    decide(fleet) {
      const after: ClusterPolicy = { ...fleet.policy, ...request.set };
      const refused =
        violationsOf(after) ?? staleRevision(fleet.policy, request.expectedRevision) ?? unknownPool(fleet, after);
      if (refused !== undefined) return refuse(refused);
      return accept(after, [put('policy', after)]);
    },
  };
}

const MOST_OVERHEAD_PERCENT = 100;

function violationsOf(policy: ClusterPolicy): Refusal | undefined {
  const violations = new Violations();
  checkRatios(violations, 'default_ratios.', policy.defaultRatios);
  checkAmounts(violations, 'default_reserve.', policy.defaultReserve);
  violations.whole('overhead_kib', policy.overheadKib, 0, LIMITS.maxKib);
  if (!(policy.overheadPercent >= 0 && policy.overheadPercent <= MOST_OVERHEAD_PERCENT)) {
    violations.add('overhead_percent', `${policy.overheadPercent} is not from 0 to ${MOST_OVERHEAD_PERCENT}`);
  }
  return violations.refusal();
}

function unknownPool(fleet: FleetView, policy: ClusterPolicy): Refusal | undefined {
  const pool = policy.defaultPool === '' ? undefined : findPool(fleet, policy.defaultPool);
  return isRefusal(pool) ? pool : undefined;
}
