// ResumeGuest: a paused guest runs on from where it stood.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest, type OnGuest } from './preconditions.js';

export function resumeGuest(on: OnGuest): Command<GuestOperation> {
  return {
    name: 'ResumeGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, on, ['PAUSED']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'RESUME_GUEST' });
    },
  };
}
