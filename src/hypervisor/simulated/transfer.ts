// The arithmetic of a pre-copy migration: rounds over what was dirtied during the last one, until the rest fits into the
// downtime that is allowed. Auto-converge slows the guest as QEMU does. Plain data, moved on by steps of time.

import type { MigrationProgress } from '../../ports/hypervisor.js';

const DEFAULT_DOWNTIME_MS = 300;
const THROTTLE = { firstPercent: 20, stepPercent: 10, mostPercent: 99, afterRounds: 2 } as const;

export interface Transfer {
  readonly bytesPerS: number;
  readonly maxDowntimeMs: number;
  readonly autoConverge: boolean;
  readonly totalBytes: number;
  storageRemainingBytes: number;
  memoryRemainingBytes: number;
  roundBytes: number;
  dirtiedBytes: number;
  processedBytes: number;
  iteration: number;
  throttlePercent: number;
  /** Rounds in a row that were dirtied by more than half. */
  losingRounds: number;
}

export interface Dirtying {
  readonly bytesPerS: number;
  readonly workingSetBytes: number;
}

export function newTransfer(
  memoryBytes: number,
  storageBytes: number,
  bytesPerS: number,
  maxDowntimeMs: number,
  autoConverge: boolean,
): Transfer {
  return {
    bytesPerS,
    maxDowntimeMs: maxDowntimeMs === 0 ? DEFAULT_DOWNTIME_MS : maxDowntimeMs,
    autoConverge,
    totalBytes: memoryBytes + storageBytes,
    storageRemainingBytes: storageBytes,
    memoryRemainingBytes: memoryBytes,
    roundBytes: memoryBytes,
    dirtiedBytes: 0,
    processedBytes: 0,
    iteration: 1,
    throttlePercent: 0,
    losingRounds: 0,
  };
}

/** Moves on by a time in which the stream flows. ROUND: another one begins. CONVERGED: the rest fits into the downtime. */
export function advance(transfer: Transfer, ms: number, dirtying: Dirtying): 'GOING' | 'ROUND' | 'CONVERGED' {
  let canMove = Math.ceil((transfer.bytesPerS * ms) / 1_000);
  const storage = Math.min(canMove, transfer.storageRemainingBytes);
  transfer.storageRemainingBytes -= storage;
  canMove -= storage;
  const memory = Math.min(canMove, transfer.memoryRemainingBytes);
  transfer.memoryRemainingBytes -= memory;
  transfer.processedBytes += storage + memory;
  const dirtied = dirtyRate(transfer, dirtying) * (ms / 1_000);
  transfer.dirtiedBytes = Math.min(dirtying.workingSetBytes, Math.round(transfer.dirtiedBytes + dirtied));
  if (transfer.storageRemainingBytes > 0 || transfer.memoryRemainingBytes > 0) return 'GOING';
  return endRound(transfer);
}

function endRound(transfer: Transfer): 'ROUND' | 'CONVERGED' {
  const { dirtiedBytes, roundBytes, bytesPerS, maxDowntimeMs, autoConverge } = transfer;
  transfer.memoryRemainingBytes = dirtiedBytes;
  if (dirtiedBytes <= (bytesPerS * maxDowntimeMs) / 1_000) return 'CONVERGED';
  transfer.losingRounds = dirtiedBytes > roundBytes / 2 ? transfer.losingRounds + 1 : 0;
  if (autoConverge && transfer.losingRounds >= THROTTLE.afterRounds) {
    const { throttlePercent } = transfer;
    transfer.throttlePercent =
      throttlePercent === 0
        ? THROTTLE.firstPercent
        : Math.min(THROTTLE.mostPercent, throttlePercent + THROTTLE.stepPercent);
    transfer.losingRounds = 0;
  }
  beginRound(transfer);
  return 'ROUND';
}

function beginRound(transfer: Transfer): void {
  transfer.iteration += 1;
  transfer.roundBytes = transfer.memoryRemainingBytes;
  transfer.dirtiedBytes = 0;
}

/** Another round although it has converged: nobody is there to switch over. */
export function goOn(transfer: Transfer): void {
  beginRound(transfer);
}

/** The guest does not dirty its memory at the source any more: what was dirtied is part of the rest. */
export function closeRounds(transfer: Transfer): void {
  transfer.memoryRemainingBytes = Math.max(transfer.memoryRemainingBytes, transfer.dirtiedBytes);
  transfer.dirtiedBytes = 0;
}

/** Moves the last bytes; answers whether they are all there. */
export function drain(transfer: Transfer, ms: number): boolean {
  const moved = Math.min(transfer.memoryRemainingBytes, Math.ceil((transfer.bytesPerS * ms) / 1_000));
  transfer.memoryRemainingBytes -= moved;
  transfer.processedBytes += moved;
  return transfer.memoryRemainingBytes === 0;
}

/** How long the stream needs for what is left of this round. */
export function remainingMs(transfer: Transfer): number {
  return Math.ceil(((transfer.storageRemainingBytes + transfer.memoryRemainingBytes) * 1_000) / transfer.bytesPerS);
}

function dirtyRate(transfer: Transfer, dirtying: Dirtying): number {
  return dirtying.bytesPerS * (1 - transfer.throttlePercent / 100);
}

export function progressOf(
  transfer: Transfer | undefined,
  dirtying: Dirtying,
  elapsedMs: number,
  downtimeMs: number | undefined,
): MigrationProgress {
  return {
    elapsedMs: Math.round(elapsedMs),
    bytesTotal: transfer?.totalBytes,
    bytesProcessed: transfer?.processedBytes,
    bytesRemaining: transfer && transfer.storageRemainingBytes + transfer.memoryRemainingBytes,
    bandwidthBytesPerS: transfer?.bytesPerS,
    dirtyBytesPerS: transfer && Math.round(dirtyRate(transfer, dirtying)),
    iteration: transfer?.iteration,
    throttlePercent: transfer?.throttlePercent,
    downtimeMs,
  };
}
