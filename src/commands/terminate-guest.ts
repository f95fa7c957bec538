// TerminateGuest: the guest goes for good, from whatever state. It alone supersedes: what is open on the guest is asked to
// stop, and the executor goes on with this once that has ended. Claims stay until the guest was seen gone.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Guest } from '../fleet/guest.js';
import { isOpen } from '../fleet/operation.js';
import { isRefusal } from '../fleet/refusal.js';
import { cancellation } from './cancel-operation.js';
import { type GuestOperation, newOperation } from './new-operation.js';
import { findGuest, type OnGuest, staleRevision } from './preconditions.js';

export function terminateGuest(on: OnGuest): Command<GuestOperation> {
  return {
    name: 'TerminateGuest',
    decide(fleet, context) {
      const guest = findGuest(fleet, on.vmid);
      if (isRefusal(guest)) return refuse(guest);
      const stale = staleRevision(guest, on.expectedRevision);
      if (stale !== undefined) return refuse(stale);
      const held = guest.operation === '' ? undefined : fleet.get('operation', guest.operation);
      const open = held !== undefined && isOpen(held) ? held : undefined;
      if (open?.input.kind === 'TERMINATE_GUEST') return accept({ guest, operation: open }, []);
      const notes: Record<string, string> = open === undefined ? {} : { supersedes: open.name };
      const operation = newOperation(context, { kind: 'TERMINATE_GUEST' }, guest.vmid, { notes });
      const after: Guest = { ...guest, state: 'TERMINATING', stateReason: '', operation: operation.name };
      const stopping = open === undefined ? [] : cancellation(fleet, open);
      return accept({ guest: after, operation }, [...stopping, put('guest', after), put('operation', operation)]);
    },
  };
}
