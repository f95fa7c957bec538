// StopGuest: the guest is asked to power off, or is switched off. It keeps its disks and its claim.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest } from './preconditions.js';
import { collectViolations } from './violations.js';

export interface StopGuestRequest {
  readonly vmid: string;
  /** Switched off at once, as by pulling the plug. */
  readonly force: boolean;
  /** How long the guest may take to power off, s; 0: LIMITS.shutdownGraceMs. */
  readonly graceS: number;
}

const LONGEST_GRACE_S = 3_600;

export function stopGuest(request: StopGuestRequest): Command<GuestOperation> {
  return {
    name: 'StopGuest',
    decide(fleet, context) {
      const violations = collectViolations();
      violations.whole('grace_s', request.graceS, 0, LONGEST_GRACE_S);
      const invalid = violations.refusal();
      if (invalid !== undefined) return refuse(invalid);
      // A paused guest hears no request to power off.
      const guest = idleGuest(fleet, request.vmid, request.force ? ['RUNNING', 'PAUSED'] : ['RUNNING']);
      if (isRefusal(guest)) return refuse(guest);
      const graceS = request.graceS === 0 ? LIMITS.shutdownGraceMs / 1_000 : request.graceS;
      return beginOn(context, guest, { kind: 'STOP_GUEST', force: request.force, graceS });
    },
  };
}
