// CordonHost: the host takes no new guests; those it has run on. Doing it again changes nothing.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Host } from '../fleet/host.js';
import { isRefusal } from '../fleet/refusal.js';
import { findHost } from './preconditions.js';

export interface CordonHostRequest {
  readonly hostname: string;
}

export function cordonHost(request: CordonHostRequest): Command<Host> {
  return {
    name: 'CordonHost',
    decide(fleet) {
      const host = findHost(fleet, request.hostname);
      if (isRefusal(host)) return refuse(host);
      if (host.adminState !== 'AVAILABLE') return accept(host, []);
      const after: Host = { ...host, adminState: 'CORDONED' };
      return accept(after, [put('host', after)]);
    },
  };
}
