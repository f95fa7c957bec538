// PauseGuest: the guest's vCPUs stand still; its memory stays where it is.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest, type OnGuest } from './preconditions.js';

export function pauseGuest(on: OnGuest): Command<GuestOperation> {
  return {
    name: 'PauseGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, on, ['RUNNING']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'PAUSE_GUEST' });
    },
  };
}
