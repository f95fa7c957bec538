// SubmitGuests: many guests in one decision, each decided as SubmitGuest does, on what the ones before it took.

import type { Change } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import type { GuestOperation } from './new-operation.js';
import { type SubmitGuestRequest, submitGuest } from './submit-guest.js';

export interface SubmitGuestsRequest {
  /** One that could not be read is refused already. */
  readonly guests: readonly (SubmitGuestRequest | Refusal)[];
  /** Whether one that is refused refuses all of them. */
  readonly allOrNone: boolean;
}

export type Submission =
  | ({ readonly accepted: true } & GuestOperation)
  /** `revision`: of the fleet it was decided on, with what the guests before it took. */
  | { readonly accepted: false; readonly refusal: Refusal; readonly revision: number };

/** Answers what came of each guest, in the order of the request. */
export function submitGuests({ guests, allOrNone }: SubmitGuestsRequest): Command<readonly Submission[]> {
  return {
    name: 'SubmitGuests',
    decide(fleet, context) {
      return fleet.supposing((draft) => {
        const changes: Change[] = [];
        const submissions: Submission[] = [];
        for (const [index, guest] of guests.entries()) {
          const decision = isRefusal(guest) ? refuse(guest) : submitGuest(guest).decide(draft, context);
          if (decision.accepted) {
            draft.suppose(decision.changes);
            changes.push(...decision.changes);
            submissions.push({ accepted: true, ...decision.result });
          } else if (allOrNone) {
            return refuse(refusalOf(index, decision.refusal));
          } else {
            submissions.push({ accepted: false, refusal: decision.refusal, revision: draft.revision });
          }
        }
        return accept(submissions, changes);
      });
    },
  };
}

/** Of one guest, told of the whole call: it says which guest it was. */
function refusalOf(index: number, refusal: Refusal): Refusal {
  const guest = `guests[${index}]`;
  return {
    ...refusal,
    message: `${guest}: ${refusal.message}`,
    metadata: { ...refusal.metadata, index: String(index) },
    violations: refusal.violations.map(({ field, description }) => ({ field: `${guest}.${field}`, description })),
  };
}
