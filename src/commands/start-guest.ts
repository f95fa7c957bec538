// StartGuest: a guest that ended runs again on the host it is bound to. Its claim was never given back, so it has room.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest, type OnGuest } from './preconditions.js';

export function startGuest(on: OnGuest): Command<GuestOperation> {
  return {
    name: 'StartGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, on, ['STOPPED', 'LOST']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'START_GUEST' }, 'STARTING');
    },
  };
}
