// StopGuest: the guest is asked to power off, or is switched off. It keeps its disks and its claim.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest, type OnGuest } from './preconditions.js';
import { Violations } from './violations.js';

export interface StopGuestRequest extends OnGuest {
  /** How long the guest may take to power off by itself, s; undefined: LIMITS.shutdownGraceMs. */
  readonly graceS: number | undefined;
  /** Its power is cut when that time is up; with graceS 0 at once. */
  readonly force: boolean;
}

const LONGEST_GRACE_S = 3_600;

export function stopGuest(request: StopGuestRequest): Command<GuestOperation> {
  return {
    name: 'StopGuest',
    decide(fleet, context) {
      const graceS = request.graceS ?? LIMITS.shutdownGraceMs / 1_000;
      const violations = new Violations();
      violations.whole('grace_s', graceS, 0, LONGEST_GRACE_S);
      const invalid = violations.refusal();
      if (invalid !== undefined) return refuse(invalid);
      // A paused guest hears no request to power off.
      const guest = idleGuest(fleet, request, request.force ? ['RUNNING', 'PAUSED'] : ['RUNNING']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'STOP_GUEST', force: request.force, graceS });
    },
  };
}
