// What is to be done about a migration, by what its two hosts show. The database says who the owner is; libvirt says who runs.
// Rows from the failure matrix of stock libvirt: a frozen target may still wake up, a dead client's migration goes on.

import { isActive, type ObservedDomain } from '../ports/hypervisor.js';

/**
 * One side as it was seen. GONE: the host answered that it has no such domain. ENDED: shut off or crashed. TORN: post-copy
 * failed, and half of the guest's memory is on the other side.
 */
export type Side = 'UNREACHABLE' | 'JOB' | 'RUNNING' | 'PAUSED' | 'PAUSED_MIGRATING' | 'TORN' | 'ENDED' | 'GONE';

export type Action =
  /** A job runs, or a side does not answer: look again. */
  | 'WAIT'
  /** The guest is on the target as it should be. */
  | 'MOVED'
  | 'RESUME_TARGET'
  /** The guest stays on the source; a copy on the target is destroyed, never resumed. */
  | 'STAYED'
  | 'RESUME_SOURCE'
  /** Both paused: only after a keepalive period without change is the source resumed (or left paused), the target ended. */
  | 'WAIT_THEN_RESUME_SOURCE'
  | 'WAIT_THEN_STAY'
  /** It runs on the target and the source is only paused: its confirmation was lost, or post-copy still pulls pages. */
  | 'WAIT_THEN_END_SOURCE'
  /** Neither side has the whole guest: unless they find each other again, what is left of it on both is ended. */
  | 'WAIT_THEN_LOSE'
  /** The worst: it runs twice. The one that is not the owner is destroyed. */
  | 'SPLIT'
  /** The guest ended by itself on the source, and nothing of it is on the target. */
  | 'ENDED'
  | 'LOST';

export interface Arrival {
  /** The guest was paused by its user before: it is left so. */
  readonly wasPaused: boolean;
}

export function sideOf(domain: ObservedDomain | undefined): Side {
  if (domain === undefined) return 'GONE';
  // libvirt keeps the job of a post-copy that failed, so that it is not the job that tells.
  if (domain.stateReason === 'POSTCOPY_FAILED') return 'TORN';
  if (domain.migratingOut === true || domain.stateReason === 'POSTCOPY') return 'JOB';
  if (!isActive(domain)) return 'ENDED';
  if (domain.state !== 'PAUSED') return 'RUNNING';
  return domain.stateReason === 'MIGRATING' ? 'PAUSED_MIGRATING' : 'PAUSED';
}

export function decide(source: Side, target: Side, { wasPaused }: Arrival): Action {
  if (source === 'UNREACHABLE' || target === 'UNREACHABLE' || source === 'JOB' || target === 'JOB') return 'WAIT';
  const targetGone = target === 'GONE' || target === 'ENDED';
  if (source === 'TORN' || target === 'TORN') {
    if (source === 'RUNNING') return 'STAYED';
    return target === 'RUNNING' ? 'WAIT_THEN_END_SOURCE' : 'WAIT_THEN_LOSE';
  }
  const targetPaused = target === 'PAUSED' || target === 'PAUSED_MIGRATING';
  switch (source) {
    case 'RUNNING':
      return target === 'RUNNING' ? 'SPLIT' : 'STAYED';
    case 'PAUSED':
    case 'PAUSED_MIGRATING':
      if (target === 'RUNNING') return 'WAIT_THEN_END_SOURCE';
      if (wasPaused) return targetGone ? 'STAYED' : 'WAIT_THEN_STAY';
      return targetGone ? 'RESUME_SOURCE' : 'WAIT_THEN_RESUME_SOURCE';
    case 'ENDED':
    case 'GONE':
      if (target === 'RUNNING') return 'MOVED';
      if (targetPaused) return source === 'ENDED' ? 'ENDED' : wasPaused ? 'MOVED' : 'RESUME_TARGET';
      return source === 'ENDED' ? 'ENDED' : 'LOST';
  }
}
