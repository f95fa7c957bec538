// UncordonHost: the host takes guests again, whatever kept it from that. Doing it again changes nothing.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Host } from '../fleet/host.js';
import { isRefusal } from '../fleet/refusal.js';
import { findHost, type OnHost, staleRevision } from './preconditions.js';

export function uncordonHost(on: OnHost): Command<Host> {
  return {
    name: 'UncordonHost',
    decide(fleet) {
      const host = findHost(fleet, on.hostname);
      if (isRefusal(host)) return refuse(host);
      const stale = staleRevision(host, on.expectedRevision);
      if (stale !== undefined) return refuse(stale);
      if (host.adminState === 'AVAILABLE') return accept(host, []);
      const after: Host = { ...host, adminState: 'AVAILABLE' };
      return accept(after, [put('host', after)]);
    },
  };
}
