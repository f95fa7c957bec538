// RebootGuest: the guest is asked to reboot, or is reset. What a reboot lets it retake was kept free all along.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest, type OnGuest } from './preconditions.js';

export interface RebootGuestRequest extends OnGuest {
  /** Reset at once, as by the button. */
  readonly force: boolean;
}

export function rebootGuest(request: RebootGuestRequest): Command<GuestOperation> {
  return {
    name: 'RebootGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, request, ['RUNNING']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'REBOOT_GUEST', force: request.force });
    },
  };
}
