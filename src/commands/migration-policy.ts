// How a migration is done where the caller leaves it open, and what it may not ask for.

import type { MigrationPolicy } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import type { Violations } from './violations.js';

export type MigrationWishes = Partial<MigrationPolicy>;

const DEFAULTS: MigrationPolicy = {
  bandwidthMibPerS: 0,
  maxDowntimeMs: 0,
  completionTimeoutS: LIMITS.migrationCompletionTimeoutS,
  onTimeout: 'ABORT',
  autoConverge: true,
  stallTimeoutS: LIMITS.migrationStallTimeoutS,
};

/** Times of 0 are not given. */
export function migrationPolicy(wishes: MigrationWishes): MigrationPolicy {
  return {
    bandwidthMibPerS: wishes.bandwidthMibPerS ?? DEFAULTS.bandwidthMibPerS,
    maxDowntimeMs: wishes.maxDowntimeMs ?? DEFAULTS.maxDowntimeMs,
    completionTimeoutS: wishes.completionTimeoutS || DEFAULTS.completionTimeoutS,
    onTimeout: wishes.onTimeout ?? DEFAULTS.onTimeout,
    autoConverge: wishes.autoConverge ?? DEFAULTS.autoConverge,
    stallTimeoutS: wishes.stallTimeoutS || DEFAULTS.stallTimeoutS,
  };
}

/** libvirt takes bandwidth in MiB/s in 32 bits, and QEMU a stop of at most 2,000 s. */
const MOST_BANDWIDTH_MIB_PER_S = 2 ** 31 - 1;
const LONGEST_STOP_MS = 2_000_000;
const LONGEST_WAIT_S = 24 * 3_600;

export function checkMigrationPolicy(violations: Violations, policy: MigrationPolicy): void {
  violations.whole('policy.bandwidth_mib_per_s', policy.bandwidthMibPerS, 0, MOST_BANDWIDTH_MIB_PER_S);
  violations.whole('policy.max_downtime_ms', policy.maxDowntimeMs, 0, LONGEST_STOP_MS);
  violations.whole('policy.completion_timeout_s', policy.completionTimeoutS, 1, LONGEST_WAIT_S);
  violations.whole('policy.stall_timeout_s', policy.stallTimeoutS, 1, LONGEST_WAIT_S);
}
