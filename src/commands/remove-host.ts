// RemoveHost: a host that nothing depends on leaves the fleet. Domains that virtdc does not manage run on there.

import { accept, type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { keptBy, removalOf } from './host-removal.js';
import { findHost, type OnHost, staleRevision } from './preconditions.js';

export function removeHost(on: OnHost): Command<{ readonly hostname: string }> {
  return {
    name: 'RemoveHost',
    decide(fleet) {
      const host = findHost(fleet, on.hostname);
      if (isRefusal(host)) return refuse(host);
      const kept = staleRevision(host, on.expectedRevision) ?? keptBy(fleet, host.hostname);
      if (kept !== undefined) return refuse(kept);
      return accept({ hostname: host.hostname }, removalOf(fleet, new Set([host.hostname])));
    },
  };
}
