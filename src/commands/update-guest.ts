// UpdateGuest: what a guest is called and what happens when it is lost; nothing that its domain would notice while it runs.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, RestartPolicy } from '../fleet/guest.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { busyRefusal, findGuest, type OnGuest, staleRevision } from './preconditions.js';
import { editLabels, type LabelEdits, Violations } from './violations.js';

export interface UpdateGuestRequest extends OnGuest, LabelEdits {
  /** To and from WITH_HOST only of a guest that is STOPPED, since its domain is made anew for it; undefined: it stays. */
  readonly restartPolicy: RestartPolicy | undefined;
  /** undefined: it stays. */
  readonly priority: number | undefined;
}

export function updateGuest(request: UpdateGuestRequest): Command<Guest> {
  return {
    name: 'UpdateGuest',
    decide(fleet) {
      const guest = findGuest(fleet, request.vmid);
      if (isRefusal(guest)) return refuse(guest);
      const labels = editLabels(guest.labels, request);
      const restartPolicy = request.restartPolicy ?? guest.restartPolicy;
      const priority = request.priority ?? guest.priority;
      const violations = new Violations();
      violations.labelEdits(request, labels);
      violations.priority('priority', priority);
      const refused =
        violations.refusal() ??
        staleRevision(guest, request.expectedRevision) ??
        (needsOtherDomain(guest.restartPolicy, restartPolicy) ? fixedPolicy(fleet, guest) : undefined);
      if (refused !== undefined) return refuse(refused);
      const after: Guest = { ...guest, labels, restartPolicy, priority };
      return accept(after, [put('guest', after)]);
    },
  };
}

/** Only for WITH_HOST is the domain defined. */
function needsOtherDomain(from: RestartPolicy, to: RestartPolicy): boolean {
  return from !== to && (from === 'WITH_HOST' || to === 'WITH_HOST');
}

function fixedPolicy(fleet: FleetView, guest: Guest): Refusal | undefined {
  const busy = busyRefusal(fleet, guest);
  if (busy !== undefined || guest.state === 'STOPPED') return busy;
  const message = `guest ${guest.vmid} is ${guest.state}: its restart policy can only be changed while it is STOPPED`;
  return refusal('GUEST_STATE', message, { vmid: guest.vmid, state: guest.state, required: 'STOPPED' });
}
