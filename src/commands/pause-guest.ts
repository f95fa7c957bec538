// PauseGuest: the guest's vCPUs stand still; its memory stays where it is.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { beginOn, type GuestOperation } from './new-operation.js';
import { idleGuest } from './preconditions.js';

export interface PauseGuestRequest {
  readonly vmid: string;
}

export function pauseGuest(request: PauseGuestRequest): Command<GuestOperation> {
  return {
    name: 'PauseGuest',
    decide(fleet, context) {
      const guest = idleGuest(fleet, request.vmid, ['RUNNING']);
      if (isRefusal(guest)) return refuse(guest);
      return beginOn(context, guest, { kind: 'PAUSE_GUEST' });
    },
  };
}
