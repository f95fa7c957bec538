// Where names, UUIDs, MAC addresses and jitter come from: the machine's randomness, or a seed in simulations.

import { randomBytes, randomUUID } from 'node:crypto';

export interface IdSource {
  newUuid(): string;
  /** op- and 20 hexadecimal digits. */
  newOperationName(): string;
  /** In QEMU's locally administered range (52:54:00). */
  newMac(): string;
  /** At least 0, below 1; for jitter. */
  random(): number;
}

const POOL_BYTES = 4_096;
let pool = randomBytes(POOL_BYTES);
let used = 0;

/** Drawn from the machine many at a time, and each given once. At most POOL_BYTES. */
function pooledBytes(count: number): Uint8Array {
  if (used + count > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function macOf(bytes: Uint8Array): string {
  const hex = hexOf(bytes);
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

export const randomIds: IdSource = {
  newUuid: () => randomUUID(),
  newOperationName: () => `op-${hexOf(pooledBytes(10))}`,
  newMac: () => macOf(pooledBytes(3)),
  random: () => Math.random(),
};

/** The same seed gives the same ids in the same order (xorshift32; unique enough for one run, never for secrets). */
export function seededIds(seed: number): IdSource {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => next() >>> 24);
  const hex = (count: number): string => Buffer.from(bytes(count)).toString('hex');
  return {
    newUuid: () => {
      const digits = hex(16);
      // Version 4, variant 10, as random UUIDs have.
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
    },
    newOperationName: () => `op-${hex(10)}`,
    newMac: () => macOf(bytes(3)),
    random: () => next() / 2 ** 32,
  };
}
