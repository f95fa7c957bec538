// An operation: something virtdc does to libvirt, from the commit of its intent until its end is committed.

import type { PlacementSummary } from './explanation.js';
import type { Resources } from './resources.js';

export type OperationState = 'PENDING' | 'RUNNING' | 'CANCELLING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export const ENDED: ReadonlySet<OperationState> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

export interface MigrationPolicy {
  /** MiB/s; 0 is not limited. */
  readonly bandwidthMibPerS: number;
  /** QEMU's bound on the stop of the guest, ms; 0 leaves QEMU's own (300). */
  readonly maxDowntimeMs: number;
  readonly completionTimeoutS: number;
  readonly onTimeout: 'ABORT' | 'POSTCOPY';
  readonly autoConverge: boolean;
  /** Aborted after so many seconds without progress. */
  readonly stallTimeoutS: number;
}

/** What each kind needs to be driven on after a restart, by a process that knows nothing else. */
export type OperationInput =
  | { readonly kind: 'CREATE_GUEST' }
  | { readonly kind: 'TERMINATE_GUEST' }
  | { readonly kind: 'START_GUEST' }
  | { readonly kind: 'STOP_GUEST'; readonly force: boolean; readonly graceS: number }
  | { readonly kind: 'REBOOT_GUEST'; readonly force: boolean }
  | { readonly kind: 'PAUSE_GUEST' }
  | { readonly kind: 'RESUME_GUEST' }
  | {
      readonly kind: 'MIGRATE_GUEST';
      readonly sourceHost: string;
      readonly destHost: string;
      readonly policy: MigrationPolicy;
      /** Whether the guest was paused by its user before: it stays so. */
      readonly wasPaused: boolean;
      /** Disks on LOCAL pools are copied to the target. */
      readonly copyStorage: boolean;
      /** Arrives paused, and is resumed once the source is seen gone (no storage lock protects it). */
      readonly arrivesPaused: boolean;
    }
  | { readonly kind: 'RESTART_GUEST'; readonly fromHost: string }
  | { readonly kind: 'CONFIRM_HOST_DEAD' }
  | { readonly kind: 'FENCE_HOST' }
  | { readonly kind: 'SCALE_CPU'; readonly from: number; readonly to: number; readonly move: string }
  | { readonly kind: 'SCALE_MEMORY'; readonly fromKib: number; readonly toKib: number; readonly move: string };

export type OperationKind = OperationInput['kind'];

/** Why an operation failed: a closed reason, a sentence, and every number of the sentence as data. */
export interface OperationError {
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface MigrationResult {
  readonly totalMs: number;
  /** The guest's stop as measured by virtdc and QEMU together; undefined where it could not be seen. */
  readonly blackoutMs: number | undefined;
  readonly downtimeMs: number | undefined;
  readonly bytesTotal: number | undefined;
}

/** Kinds that are done to a host. Their guests' operations are parts of them. */
export const ON_HOST: ReadonlySet<OperationKind> = new Set(['CONFIRM_HOST_DEAD', 'FENCE_HOST']);

export interface Operation {
  readonly name: string;
  readonly input: OperationInput;
  /** The vmid, or for what is done to a host its name. */
  readonly target: string;
  /** Operation that this one is a part of, empty for none. */
  readonly parent: string;
  readonly principal: string;
  readonly state: OperationState;
  /** The step that is being done, or was last. Named steps are also the crash points. */
  readonly step: string;
  /** Marks that a step left for the steps after it, and for a process that takes over (volume paths, start times ...). */
  readonly notes: Readonly<Record<string, string>>;
  readonly cancelRequested: boolean;
  readonly error: OperationError | undefined;
  readonly migration: MigrationResult | undefined;
  /** What was claimed for the operation beyond what its guest held before. */
  readonly charged: Resources;
  readonly decision: PlacementSummary | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly revision: number;
}

export function isOpen(operation: Operation): boolean {
  return !ENDED.has(operation.state);
}
