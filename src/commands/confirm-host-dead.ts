// ConfirmHostDead: an operator states that a host is off. Nothing that virtdc sees may contradict that; whoever serves the
// call has asked the host itself just before.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Host } from '../fleet/host.js';
import type { Operation } from '../fleet/operation.js';
import { isRefusal, refusal } from '../fleet/refusal.js';
import { deathOperation, hostDeath } from './host-death.js';
import { newOperation } from './new-operation.js';
import { findHost, type OnHost, staleRevision } from './preconditions.js';

export interface HostOperation {
  readonly host: Host;
  readonly operation: Operation;
}

export interface ConfirmHostDeadRequest extends OnHost {
  /** Whether the host answered when it was asked just now. */
  readonly answers: boolean;
}

/** Once more of a host that is DEAD: its guests that found no room are tried again. */
export function confirmHostDead(on: ConfirmHostDeadRequest): Command<HostOperation> {
  return {
    name: 'ConfirmHostDead',
    decide(fleet, context) {
      const host = findHost(fleet, on.hostname);
      if (isRefusal(host)) return refuse(host);
      const stale = staleRevision(host, on.expectedRevision);
      if (stale !== undefined) return refuse(stale);
      if (on.answers || host.condition === 'READY') {
        const { hostname, condition } = host;
        return refuse(refusal('HOST_ANSWERS', `host ${hostname} answers: it is not off`, { hostname, condition }));
      }
      const open = deathOperation(fleet, host.hostname);
      if (open?.input.kind === 'CONFIRM_HOST_DEAD') return accept({ host, operation: open }, []);
      const operation = newOperation(context, { kind: 'CONFIRM_HOST_DEAD' }, host.hostname);
      if (host.condition === 'DEAD') return accept({ host, operation }, [put('operation', operation)]);
      const reason = `confirmed to be off by ${context.principal}`;
      const changes = hostDeath(fleet, { host, reason, now: context.now, cause: operation.name });
      const [dead] = changes;
      const after = dead?.kind === 'host' && dead.after !== undefined ? dead.after : host;
      return accept({ host: after, operation }, [...changes, put('operation', operation)]);
    },
  };
}
