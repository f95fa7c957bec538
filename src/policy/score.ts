// How well a host suits a guest that fits it: one table of terms, and one of their weights under each strategy.
// Changing a strategy is editing one row. Higher is better; hosts of equal score are ranked by name.

import type { Strategy } from '../fleet/explanation.js';
import type { HostTable } from '../fleet/host-table.js';
import type { Resources } from '../fleet/resources.js';

export interface Weights {
  /** Mean share of the host that is free once the guest is there, 0 to 1, over the resources the host has. */
  readonly freeAfter: number;
  /** How alike the guest's shape and the shape of what is free are: cosine, 0 to 1, so that no resource is left stranded. */
  readonly alignment: number;
}

export const WEIGHTS: Readonly<Record<Strategy, Weights>> = {
  FIRST_FIT: { freeAfter: 0, alignment: 0 },
  BEST_FIT: { freeAfter: -1, alignment: 0 },
  WORST_FIT: { freeAfter: 1, alignment: 0 },
  VECTOR_DOT: { freeAfter: -0.1, alignment: 1 },
};

/** Of the host in that row of the table, if it fits. */
export function score(
  { freeAfter, alignment }: Weights,
  required: Resources,
  { available, share }: HostTable,
  row: number,
): number {
  // Shares of the whole host: required (r) and available (a) of each resource; nothing where the host has none of it.
  const cpuShare = share.cpu[row] as number;
  const memoryShare = share.memoryKib[row] as number;
  const ioShare = share.ioKib[row] as number;
  const rCpu = required.cpu * cpuShare;
  const rMemory = required.memoryKib * memoryShare;
  const rIo = required.ioKib * ioShare;
  const aCpu = (available.cpu[row] as number) * cpuShare;
  const aMemory = (available.memoryKib[row] as number) * memoryShare;
  const aIo = (available.ioKib[row] as number) * ioShare;

  const kinds = (cpuShare > 0 ? 1 : 0) + (memoryShare > 0 ? 1 : 0) + (ioShare > 0 ? 1 : 0);
  const free = kinds === 0 ? 0 : (aCpu - rCpu + (aMemory - rMemory) + (aIo - rIo)) / kinds;
  if (alignment === 0) return freeAfter * free;
  const dot = rCpu * aCpu + rMemory * aMemory + rIo * aIo;
  const lengths = Math.sqrt(
    (rCpu * rCpu + rMemory * rMemory + rIo * rIo) * (aCpu * aCpu + aMemory * aMemory + aIo * aIo),
  );
  return freeAfter * free + alignment * (lengths === 0 ? 0 : dot / lengths);
}
