// Restarts a lost guest as its restart policy says, without anybody's request: on its own host while that answers, on
// another where its own was proven to be off. Where that cannot be done now, the guest stays LOST and says why.

import { type Change, put, remove } from '../fleet/change.js';
import { type Claim, claimKey } from '../fleet/claim.js';
import { accept, type Command, type DecisionContext } from '../fleet/decision.js';
import type { PlacementSummary } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { Host } from '../fleet/host.js';
import type { Operation } from '../fleet/operation.js';
import { isRefusal } from '../fleet/refusal.js';
import { place } from '../policy/place.js';
import { anotherRestart, restartDueMs, restartRequest, restartSize, tiedToHost } from '../policy/restart.js';
import { deathOperation } from './host-death.js';
import { newOperation } from './new-operation.js';

/** BEGUN: an operation does it. WAITS: not before the time. STAYS: not as the fleet is now. */
export type RestartVerdict =
  | { readonly kind: 'BEGUN'; readonly operation: Operation }
  | { readonly kind: 'WAITS'; readonly untilMs: number }
  | { readonly kind: 'STAYS' };

const STAYS: RestartVerdict = { kind: 'STAYS' };

export function mayRestart(guest: Guest | undefined): guest is Guest {
  return guest?.state === 'LOST' && guest.operation === '' && guest.restartPolicy !== 'NEVER';
}

export function restartGuest(vmid: string): Command<RestartVerdict> {
  return {
    name: 'restart-guest',
    decide(fleet, context) {
      const guest = fleet.get('guest', vmid);
      const host = guest && fleet.get('host', guest.hostname);
      if (!mayRestart(guest) || host === undefined) return accept(STAYS, []);
      if (host.condition !== 'READY' && host.condition !== 'DEAD') return accept(STAYS, []);
      const untilMs = restartDueMs(guest.restarts);
      if (context.now.getTime() < untilMs) return accept({ kind: 'WAITS', untilMs }, []);
      return host.condition === 'READY' ? nearby(fleet, context, guest, host) : elsewhere(fleet, context, guest);
    },
  };
}

/** Where it is it has its claim, and so its room. Elsewhere only if the last try failed here. */
function nearby(fleet: FleetView, context: DecisionContext, guest: Guest, host: Host) {
  const mayLeave = guest.restarts?.failedOn === host.hostname && tiedToHost(fleet, guest) === undefined;
  const placement = mayLeave ? place(fleet, restartRequest(fleet, guest)) : undefined;
  if (placement === undefined || isRefusal(placement)) return begin(fleet, context, guest, host.hostname, undefined);
  return begin(fleet, context, guest, placement.hostname, placement.summary);
}

function elsewhere(fleet: FleetView, context: DecisionContext, guest: Guest) {
  const tied = tiedToHost(fleet, guest);
  if (tied !== undefined) return stay(guest, `host ${guest.hostname} is off; the guest ${tied}`);
  const placement = place(fleet, restartRequest(fleet, guest));
  if (isRefusal(placement)) return stay(guest, `host ${guest.hostname} is off; ${placement.message}`);
  return begin(fleet, context, guest, placement.hostname, placement.summary);
}

function stay(guest: Guest, stateReason: string) {
  return accept(STAYS, guest.stateReason === stateReason ? [] : [put('guest', { ...guest, stateReason })]);
}

function begin(
  fleet: FleetView,
  context: DecisionContext,
  guest: Guest,
  hostname: string,
  decision: PlacementSummary | undefined,
) {
  const { vmid } = guest;
  const size = restartSize(fleet, guest, fleet.get('claim', claimKey(hostname, vmid))?.resources.cpu);
  const parent = deathOperation(fleet, guest.hostname)?.name ?? '';
  const operation = newOperation(context, { kind: 'RESTART_GUEST', fromHost: guest.hostname }, vmid, {
    parent,
    charged: size.resources,
    ...(decision === undefined ? {} : { decision }),
  });
  const after: Guest = {
    ...guest,
    hostname,
    state: 'STARTING',
    stateReason: '',
    observed: undefined,
    operation: operation.name,
    restarts: anotherRestart(guest.restarts, context.now),
  };
  const moved: readonly Change[] =
    hostname === guest.hostname ? [] : [remove('claim', claimKey(guest.hostname, vmid), 'RELEASED')];
  const claim: Claim = { hostname, vmid, kind: 'GUEST', ...size, revision: 0 };
  return accept<RestartVerdict>({ kind: 'BEGUN', operation }, [
    put('guest', after, operation.name),
    ...moved,
    put('claim', claim),
    put('operation', operation),
  ]);
}
