// A claim: resources of one host held for one guest. Free capacity is computed from claims and kept nowhere else.

import type { Resources } from './resources.js';

/**
 * GUEST: the host the guest is bound to. INCOMING: the target of a migration, held until it ends.
 * FOREIGN: a domain that virtdc does not manage; written by the reconciler from what it sees.
 */
export type ClaimKind = 'GUEST' | 'INCOMING' | 'FOREIGN';

export interface Claim {
  readonly hostname: string;
  /** The guest's vmid; for FOREIGN claims the domain's UUID. */
  readonly vmid: string;
  readonly kind: ClaimKind;
  /** What is held; memory includes the hypervisor's overhead. */
  readonly resources: Resources;
  /**
   * Memory (KiB) that the guest could take back by itself, by a reboot that lets its balloon go. Not sold twice:
   * the host keeps free the most that any one of its guests could retake.
   */
  readonly retakeKib: number;
  readonly revision: number;
}

export function claimKey(hostname: string, vmid: string): string {
  return `${hostname}/${vmid}`;
}
