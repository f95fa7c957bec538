// CordonHost: the host takes no new guests; those it has run on. Doing it again changes nothing.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Host } from '../fleet/host.js';
import { isRefusal } from '../fleet/refusal.js';
import { findHost, type OnHost, staleRevision } from './preconditions.js';

export function cordonHost(on: OnHost): Command<Host> {
  return {
    name: 'CordonHost',
    decide(fleet) {
      const host = findHost(fleet, on.hostname);
      if (isRefusal(host)) return refuse(host);
      const stale = staleRevision(host, on.expectedRevision);
      if (stale !== undefined) return refuse(stale);
      if (host.adminState !== 'AVAILABLE') return accept(host, []);
      const after: Host = { ...host, adminState: 'CORDONED' };
      return accept(after, [put('host', after)]);
    },
  };
}
