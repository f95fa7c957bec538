// Whether a migration would go, and how long it would take: what MigrateGuest would decide, without deciding it.

import { checkMigrationPolicy, type MigrationWishes, migrationPolicy } from '../commands/migration-policy.js';
import { findGuest, findHost, heldClaim } from '../commands/preconditions.js';
import { Violations } from '../commands/violations.js';
import type { PlacementSummary } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { MigrationPolicy } from '../fleet/operation.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import {
  convergenceCheck,
  guestChecks,
  type MigrationCheck,
  oneOfEachKind,
  targetChecks,
} from '../policy/migratable.js';
import { copiesStorage, isLocked, type MoveFacts, moveRequest } from '../policy/move.js';
import { place, verdictFor } from '../policy/place.js';
import { type MigrationForecast, predictMigration } from '../policy/predict-migration.js';

export interface CheckMigrationRequest {
  readonly vmid: string;
  /** Empty: the one that virtdc would choose. */
  readonly destHost: string;
  readonly policy: MigrationWishes;
  readonly facts: MoveFacts;
  /** How fast the guest writes to its memory, MiB/s; undefined: not measured. */
  readonly dirtyMibPerS: number | undefined;
  /** What its copied disks hold, KiB; undefined: not known, so taken as full. */
  readonly copiedKib: number | undefined;
}

export interface MigrationOutlook {
  readonly sourceHost: string;
  readonly destHost: string;
  readonly checks: readonly MigrationCheck[];
  readonly forecast: MigrationForecast;
  readonly copiesDisks: boolean;
  readonly arrivesPaused: boolean;
  /** undefined where the target was named. */
  readonly decision: PlacementSummary | undefined;
}

export function checkMigration(fleet: FleetView, request: CheckMigrationRequest): MigrationOutlook | Refusal {
  const policy = migrationPolicy(request.policy);
  const violations = new Violations();
  checkMigrationPolicy(violations, policy);
  const guest = violations.refusal() ?? findGuest(fleet, request.vmid);
  if (isRefusal(guest)) return guest;
  const needs = moveRequest(fleet, guest, heldClaim(fleet, guest), request.facts);
  const chosen = request.destHost === '' ? place(fleet, needs) : undefined;
  if (isRefusal(chosen)) return chosen;
  const dest = findHost(fleet, chosen?.hostname ?? request.destHost);
  if (isRefusal(dest)) return dest;
  const forecast = forecastOf(fleet, guest, policy, request);
  const checks = oneOfEachKind([
    ...guestChecks(fleet, guest, request.facts.traits, policy),
    ...targetChecks(verdictFor(fleet, needs, dest)),
    convergenceCheck(forecast),
  ]);
  return {
    sourceHost: guest.hostname,
    destHost: dest.hostname,
    checks,
    forecast,
    copiesDisks: copiesStorage(fleet, guest),
    arrivesPaused: !isLocked(fleet, guest),
    decision: chosen?.summary,
  };
}

function forecastOf(
  fleet: FleetView,
  guest: Guest,
  policy: MigrationPolicy,
  { dirtyMibPerS, copiedKib }: CheckMigrationRequest,
): MigrationForecast {
  const copied = guest.disks.filter((disk) => disk.madeByVirtdc && fleet.get('pool', disk.pool)?.kind === 'LOCAL');
  return predictMigration({
    memoryKib: guest.observed?.balloonKib ?? guest.currentMemoryKib,
    diskKib: copied.length === 0 ? 0 : (copiedKib ?? copied.reduce((sum, disk) => sum + disk.capacityKib, 0)),
    bandwidthMibPerS: policy.bandwidthMibPerS === 0 ? LIMITS.assumedBandwidthMibPerS : policy.bandwidthMibPerS,
    dirtyMibPerS,
    maxDowntimeMs: policy.maxDowntimeMs,
    autoConverge: policy.autoConverge,
  });
}
