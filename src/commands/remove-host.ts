// RemoveHost: a host that nothing depends on leaves the fleet. Domains that virtdc does not manage run on there.

import { accept, type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { keptBy, removalOf } from './host-removal.js';
import { findHost } from './preconditions.js';

export interface RemoveHostRequest {
  readonly hostname: string;
}

export function removeHost(request: RemoveHostRequest): Command<{ readonly hostname: string }> {
  return {
    name: 'RemoveHost',
    decide(fleet) {
      const host = findHost(fleet, request.hostname);
      if (isRefusal(host)) return refuse(host);
      const kept = keptBy(fleet, host.hostname);
      if (kept !== undefined) return refuse(kept);
      return accept({ hostname: host.hostname }, removalOf(fleet, new Set([host.hostname])));
    },
  };
}
