// A claim: resources of one host held for one guest. Free capacity is computed from claims and kept nowhere else.

import { add, NOTHING, type Resources, sameResources, subtract } from './resources.js';

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

export interface ClaimTotal {
  /** The sum of the claims, plus the greatest retake of any one. */
  readonly claimed: Resources;
  readonly greatestRetakeKib: number;
}

/** What claims on one host come to: at most one guest is expected to retake its memory at a time. */
export function totalOf(claims: Iterable<Pick<Claim, 'resources' | 'retakeKib'>>): ClaimTotal {
  let sum = NOTHING;
  let greatestRetakeKib = 0;
  for (const claim of claims) {
    sum = add(sum, claim.resources);
    greatestRetakeKib = Math.max(greatestRetakeKib, claim.retakeKib);
  }
  return { claimed: { ...sum, memoryKib: sum.memoryKib + greatestRetakeKib }, greatestRetakeKib };
}

/** The total once a claim has gone, come, or changed; undefined: it has to be summed anew, as the greatest retake has gone. */
export function totalAfter(total: ClaimTotal, gone: Hold | undefined, come: Hold | undefined): ClaimTotal | undefined {
  const { claimed, greatestRetakeKib: before } = total;
  if (gone !== undefined && gone.retakeKib > 0 && gone.retakeKib === before) return undefined;
  const greatestRetakeKib = Math.max(before, come?.retakeKib ?? 0);
  const { cpu, memoryKib, ioKib } = add(subtract(claimed, gone?.resources ?? NOTHING), come?.resources ?? NOTHING);
  return { claimed: { cpu, memoryKib: memoryKib - before + greatestRetakeKib, ioKib }, greatestRetakeKib };
}

type Hold = Pick<Claim, 'resources' | 'retakeKib'>;

/** Whether both hold, and keep free, the same amounts. */
export function sameHold(a: Hold, b: Hold): boolean {
  return a.retakeKib === b.retakeKib && sameResources(a.resources, b.resources);
}
