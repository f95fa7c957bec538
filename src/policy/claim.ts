// How much a guest claims on its host: what it was promised, and what it was seen not to have given back yet.
// A guest can take back its balloon and its offlined vCPUs by a reboot, so what it could retake is never plainly free.

import type { Claim } from '../fleet/claim.js';
import { type ClusterPolicy, withOverhead } from '../fleet/cluster-policy.js';
import type { Guest } from '../fleet/guest.js';

export type ClaimSize = Pick<Claim, 'resources' | 'retakeKib'>;

/** What was seen of the running guest; undefined is unknown, and claims the most it could have. */
export interface Seen {
  readonly pluggedCpu: number | undefined;
  readonly balloonKib: number | undefined;
}

export const UNSEEN: Seen = { pluggedCpu: undefined, balloonKib: undefined };

/**
 * vCPUs: what is asked or plugged in, whichever is more (offlined ones stay plugged). Memory: all of max_memory until
 * the balloon was seen lower, then the balloon or what is asked, whichever is more; the rest is retakeKib.
 */
export function claimSize(guest: Guest, policy: ClusterPolicy, seen: Seen): ClaimSize {
  const fullKib = withOverhead(guest.maxMemoryKib, policy);
  const heldKib =
    seen.balloonKib === undefined
      ? fullKib
      : Math.min(fullKib, withOverhead(Math.max(guest.currentMemoryKib, seen.balloonKib), policy));
  return {
    resources: {
      cpu: Math.max(guest.currentCpu, seen.pluggedCpu ?? 0),
      memoryKib: heldKib,
      ioKib: guest.ioKib,
    },
    retakeKib: fullKib - heldKib,
  };
}
