// DeleteBaseGuest: no new guests from this model. Those made from it keep the XML for as long as they live.

import type { BaseGuest } from '../fleet/base-guest.js';
import { remove } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import { refusal } from '../fleet/refusal.js';
import { templateUnused } from './import-base-guest.js';
import { staleRevision } from './preconditions.js';

export interface DeleteBaseGuestRequest {
  readonly name: string;
  /** 0: whatever it is. */
  readonly expectedRevision: number;
}

export function deleteBaseGuest({ name, expectedRevision }: DeleteBaseGuestRequest): Command<BaseGuest> {
  return {
    name: 'DeleteBaseGuest',
    decide(fleet) {
      const base = fleet.get('baseGuest', name);
      if (base === undefined) {
        return refuse(refusal('BASE_GUEST_NOT_FOUND', `there is no base guest ${name}`, { base_guest: name }));
      }
      const stale = staleRevision(base, expectedRevision);
      if (stale !== undefined) return refuse(stale);
      const unused = templateUnused(fleet, base.template, name);
      const text = unused ? [remove('template', base.template, 'REMOVED')] : [];
      return accept(base, [remove('baseGuest', name, 'REMOVED'), ...text]);
    },
  };
}
