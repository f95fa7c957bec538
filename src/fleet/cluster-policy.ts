// What holds for the whole fleet: the default strategy, ratios and reserves, the overhead of a guest, the CPU baseline.

import type { Strategy } from './explanation.js';
import { NOTHING, type Resources } from './resources.js';

export interface ClusterPolicy {
  readonly strategy: Strategy;
  /** Given to hosts that are registered without their own. */
  readonly defaultRatios: Resources;
  readonly defaultReserve: Resources;
  /** Memory that the hypervisor takes for a guest, beyond the guest's own: a fixed part, and per cent of its memory. */
  readonly overheadKib: number;
  readonly overheadPercent: number;
  /** Pool for guests that name none; empty: the only pool there is, or the request is refused. */
  readonly defaultPool: string;
  /** CPU model (libvirt XML) that every host of the fleet can run; empty until computed. */
  readonly cpuBaselineXml: string;
  readonly revision: number;
}

export const DEFAULT_CLUSTER_POLICY: ClusterPolicy = {
  strategy: 'BEST_FIT',
  defaultRatios: { cpu: 1, memoryKib: 1, ioKib: 1 },
  defaultReserve: NOTHING,
  overheadKib: 128 * 1024,
  overheadPercent: 2,
  defaultPool: '',
  cpuBaselineXml: '',
  revision: 0,
};

/** Memory claim of a guest that has memoryKib: its own and the hypervisor's overhead, rounded up. */
export function withOverhead(memoryKib: number, policy: ClusterPolicy): number {
  return memoryKib + policy.overheadKib + Math.ceil((memoryKib * policy.overheadPercent) / 100);
}
