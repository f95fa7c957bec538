// What a guest holds of its host: vCPUs as plugged, memory as far as it was not seen released, disk space as asked for.
// What it could take back by itself stays known beside it, so that the host keeps it free.

import type { Claim } from '../fleet/claim.js';
import { type ClusterPolicy, withOverhead } from '../fleet/cluster-policy.js';
import type { Guest } from '../fleet/guest.js';

export type ClaimSize = Pick<Claim, 'resources' | 'retakeKib'>;

export type Sized = Pick<Guest, 'currentCpu' | 'currentMemoryKib' | 'maxMemoryKib' | 'ioKib'> & {
  readonly observed: Pick<NonNullable<Guest['observed']>, 'pluggedCpu' | 'balloonKib'> | undefined;
};

/**
 * What the guest is to hold by what was asked for it and seen of it. `heldCpu` is what it holds until its vCPUs are seen;
 * memory is held at its maximum until the balloon is seen lower, and never below what was asked for.
 */
export function claimSize(guest: Sized, policy: ClusterPolicy, heldCpu = 0): ClaimSize {
  const { observed, currentCpu, currentMemoryKib, maxMemoryKib, ioKib } = guest;
  const seenKib = observed?.balloonKib ?? maxMemoryKib;
  const ownKib = Math.min(maxMemoryKib, Math.max(seenKib, currentMemoryKib));
  const memoryKib = withOverhead(ownKib, policy);
  return {
    resources: { cpu: Math.max(currentCpu, observed?.pluggedCpu ?? heldCpu), memoryKib, ioKib },
    retakeKib: withOverhead(maxMemoryKib, policy) - memoryKib,
  };
}

/** The claim after a scale-up of the guest to more vCPUs: made before libvirt is called. */
export function withCpu(held: ClaimSize, cpu: number): ClaimSize {
  const { resources, retakeKib } = held;
  return { resources: { ...resources, cpu: Math.max(resources.cpu, cpu) }, retakeKib };
}

/** The claim after its memory is raised: what it could retake by itself it now has by right. */
export function withMemory(held: ClaimSize, memoryKib: number, policy: ClusterPolicy): ClaimSize {
  const wantedKib = Math.max(held.resources.memoryKib, withOverhead(memoryKib, policy));
  const grownKib = wantedKib - held.resources.memoryKib;
  return {
    resources: { ...held.resources, memoryKib: wantedKib },
    retakeKib: Math.max(0, held.retakeKib - grownKib),
  };
}
