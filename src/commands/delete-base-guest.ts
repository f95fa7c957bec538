// DeleteBaseGuest: no new guests from this model. Those made from it keep the XML for as long as they live.

import type { BaseGuest } from '../fleet/base-guest.js';
import { remove } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import { refusal } from '../fleet/refusal.js';
import { templateUnused } from './import-base-guest.js';

export interface DeleteBaseGuestRequest {
  readonly name: string;
}

export function deleteBaseGuest({ name }: DeleteBaseGuestRequest): Command<BaseGuest> {
  return {
    name: 'DeleteBaseGuest',
    decide(fleet) {
      const base = fleet.get('baseGuest', name);
      if (base === undefined) {
        return refuse(refusal('BASE_GUEST_NOT_FOUND', `there is no base guest ${name}`, { base_guest: name }));
      }
      const unused = templateUnused(fleet, base.template, name);
      const text = unused ? [remove('template', base.template, 'REMOVED')] : [];
      return accept(base, [remove('baseGuest', name, 'REMOVED'), ...text]);
    },
  };
}
