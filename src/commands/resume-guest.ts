// ResumeGuest: a paused guest runs on from where it stood.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest } from './preconditions.js';

export interface ResumeGuestRequest {
  readonly vmid: string;
}

export function resumeGuest(request: ResumeGuestRequest): Command<GuestOperation> {
  return {
    name: 'ResumeGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, request.vmid, ['PAUSED']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'RESUME_GUEST' });
    },
  };
}
