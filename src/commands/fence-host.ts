// FENCE_HOST: begins to switch off a host that has been silent for too long, and takes the proof that it is off.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Host } from '../fleet/host.js';
import type { Operation } from '../fleet/operation.js';
import { isRefusal, refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { deathOperation, hostDeath } from './host-death.js';
import { newOperation } from './new-operation.js';
import { findHost } from './preconditions.js';

/** Silent, though it answered once; what has just begun to answer again is looked at first. */
export function isToBeFenced(host: Host | undefined): host is Host {
  return host?.condition === 'UNREACHABLE' && host.observed !== undefined && host.leftBehind.length === 0;
}

/** When it may be tried again after it failed; 0: it has not. */
export function fenceDueMs(fleet: FleetView, hostname: string): number {
  let last = 0;
  for (const { input, target, endedAt, state } of fleet.all('operation')) {
    if (input.kind !== 'FENCE_HOST' || target !== hostname || state !== 'FAILED') continue;
    last = Math.max(last, endedAt?.getTime() ?? 0);
  }
  return last === 0 ? 0 : last + LIMITS.fenceAgainMs;
}

/** undefined: it is not to be fenced now. */
export function fenceHost(hostname: string): Command<Operation | undefined> {
  return {
    name: 'fence-host',
    decide(fleet, context) {
      const host = fleet.get('host', hostname);
      const open = deathOperation(fleet, hostname);
      const isDue = context.now.getTime() >= fenceDueMs(fleet, hostname);
      if (!isToBeFenced(host) || open !== undefined || !isDue) return accept(undefined, []);
      const operation = newOperation(context, { kind: 'FENCE_HOST' }, hostname);
      return accept(operation, [put('operation', operation)]);
    },
  };
}

/** The host was switched off by the operation; refused where it has been seen to answer since. */
export function fencedHost(hostname: string, operation: string): Command<undefined> {
  return {
    name: 'fenced-host',
    decide(fleet, context) {
      const host = findHost(fleet, hostname);
      if (isRefusal(host)) return refuse(host);
      if (host.condition === 'DEAD') return accept(undefined, []);
      if (host.condition === 'READY') {
        const message = `host ${hostname} was switched off, and answers again`;
        return refuse(refusal('HOST_ANSWERS', message, { hostname }));
      }
      const death = { host, reason: `switched off by ${operation}`, now: context.now, cause: operation };
      return accept(undefined, hostDeath(fleet, death));
    },
  };
}
