// How well a host suits a guest that fits it: one table of terms, and one of their weights under each strategy.
// Changing a strategy is editing one row. Higher is better; hosts of equal score are ranked by name.

import type { Strategy } from '../fleet/explanation.js';
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

/** Plain numbers throughout: this runs once a host and decision, and must leave nothing behind. */
export function score(weights: Weights, required: Resources, available: Resources, whole: Resources): number {
  const kinds = (whole.cpu > 0 ? 1 : 0) + (whole.memoryKib > 0 ? 1 : 0) + (whole.ioKib > 0 ? 1 : 0);
  if (kinds === 0) return 0;
  // Shares of the whole host: required (r) and available (a) of each resource; nothing where the host has none of it.
  const cpuShare = whole.cpu > 0 ? 1 / whole.cpu : 0;
  const memoryShare = whole.memoryKib > 0 ? 1 / whole.memoryKib : 0;
  const ioShare = whole.ioKib > 0 ? 1 / whole.ioKib : 0;
  const rCpu = required.cpu * cpuShare;
  const rMemory = required.memoryKib * memoryShare;
  const rIo = required.ioKib * ioShare;
  const aCpu = available.cpu * cpuShare;
  const aMemory = available.memoryKib * memoryShare;
  const aIo = available.ioKib * ioShare;

  const freeAfter = (aCpu - rCpu + (aMemory - rMemory) + (aIo - rIo)) / kinds;
  if (weights.alignment === 0) return weights.freeAfter * freeAfter;
  const dot = rCpu * aCpu + rMemory * aMemory + rIo * aIo;
  const lengths = Math.sqrt(
    (rCpu * rCpu + rMemory * rMemory + rIo * rIo) * (aCpu * aCpu + aMemory * aMemory + aIo * aIo),
  );
  const alignment = lengths === 0 ? 0 : dot / lengths;
  return weights.freeAfter * freeAfter + weights.alignment * alignment;
}
