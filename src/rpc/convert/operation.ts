// Operations, and the migrations among them, as messages. Progress comes from the executor: it is not durable.

import type {
  GuestMigration,
  MigrationPolicy as MigrationPolicyMessage,
  MigrationProgress as MigrationProgressMessage,
  MigrationResult as MigrationResultMessage,
} from '#gen/virtdc/v1/migration.js';
import type { Operation as OperationMessage } from '#gen/virtdc/v1/operation.js';
import { isOpen, type MigrationPolicy, type MigrationResult, type Operation } from '../../fleet/operation.js';
import type { MigrationProgress } from '../../ports/hypervisor.js';
import type { Migration } from '../../queries/operations.js';
import { toFigure } from './amounts.js';
import { toSummary } from './placement.js';

export function toOperation(operation: Operation, progress: MigrationProgress | undefined): OperationMessage {
  const { error, migration, decision } = operation;
  return {
    name: operation.name,
    kind: `OPERATION_KIND_${operation.input.kind}`,
    target: operation.target,
    parent: operation.parent,
    principal: operation.principal,
    state: `OPERATION_STATE_${operation.state}`,
    step: operation.step,
    progressPercent: operation.state === 'SUCCEEDED' ? 100 : progress && percentOf(progress),
    error: error && { reason: error.reason, message: error.message, metadata: { ...error.metadata } },
    result: migration && { $case: 'migration', value: toMigrationResult(migration) },
    decision: decision && toSummary(decision),
    createTime: operation.createdAt,
    startTime: operation.startedAt,
    endTime: operation.endedAt,
    revision: BigInt(operation.revision),
  };
}

function toMigrationResult(result: MigrationResult): MigrationResultMessage {
  return {
    totalMs: BigInt(Math.round(result.totalMs)),
    blackoutMs: toFigure(result.blackoutMs),
    downtimeMs: toFigure(result.downtimeMs),
    bytesTotal: toFigure(result.bytesTotal),
  };
}

/** Copied of what is to be copied, as far as it is known; pages written again make it fall. */
function percentOf({ bytesTotal, bytesRemaining }: MigrationProgress): number | undefined {
  if (bytesTotal === undefined || bytesRemaining === undefined || bytesTotal <= 0) return undefined;
  return Math.max(0, Math.min(100, Math.floor(100 * (1 - bytesRemaining / bytesTotal))));
}

export function toProgress(progress: MigrationProgress): MigrationProgressMessage {
  return {
    percent: percentOf(progress),
    elapsedMs: BigInt(Math.round(progress.elapsedMs)),
    bytesTotal: toFigure(progress.bytesTotal),
    bytesProcessed: toFigure(progress.bytesProcessed),
    bytesRemaining: toFigure(progress.bytesRemaining),
    dirtyBytesPerS: toFigure(progress.dirtyBytesPerS),
    bandwidthBytesPerS: toFigure(progress.bandwidthBytesPerS),
    iteration: progress.iteration,
    throttlePercent: progress.throttlePercent,
  };
}

export function toMigrationPolicy(policy: MigrationPolicy): MigrationPolicyMessage {
  return {
    bandwidthMibPerS: BigInt(policy.bandwidthMibPerS),
    maxDowntimeMs: BigInt(policy.maxDowntimeMs),
    completionTimeoutS: policy.completionTimeoutS,
    onTimeout: `ON_TIMEOUT_${policy.onTimeout}`,
    autoConverge: policy.autoConverge,
    stallTimeoutS: policy.stallTimeoutS,
  };
}

export function toMigration(operation: Migration, progress: MigrationProgress | undefined): GuestMigration {
  const { input } = operation;
  return {
    operation: operation.name,
    vmid: operation.target,
    sourceHost: input.sourceHost,
    destHost: input.destHost,
    state: `OPERATION_STATE_${operation.state}`,
    step: operation.step,
    policy: toMigrationPolicy(input.policy),
    copiesDisks: input.copyStorage,
    arrivesPaused: input.arrivesPaused,
    progress: isOpen(operation) && progress !== undefined ? toProgress(progress) : undefined,
    result: operation.migration && toMigrationResult(operation.migration),
    failure: operation.state === 'FAILED' ? (operation.error?.message ?? '') : '',
    createTime: operation.createdAt,
    startTime: operation.startedAt,
    endTime: operation.endedAt,
    revision: BigInt(operation.revision),
    forecast: undefined,
  };
}
