// CONFIRM_HOST_DEAD: what is left to do after a host was proven to be off. It ends when everything that was open on the
// host has ended, and every guest that found room elsewhere runs there, or has failed to.

import { mayRestart, restartGuest } from '../commands/restart-guest.js';
import type { FleetView } from '../fleet/fleet.js';
import { isOpen, ON_HOST, type Operation } from '../fleet/operation.js';
import { byPriority } from '../policy/restart.js';
import type { Recipe, Step } from './step.js';

/** Open on a guest that has a claim on the host, unless it is a restart: those come next. */
function openThere(fleet: FleetView, hostname: string): readonly Operation[] {
  const open = fleet.claimsOn(hostname).flatMap(({ vmid }) => fleet.openOperationsOn(vmid));
  return open.filter(({ input }) => !ON_HOST.has(input.kind) && input.kind !== 'RESTART_GUEST');
}

const endOperationsStep: Step = {
  name: 'end-operations',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const open = openThere(act.fleet, act.operation().target);
    await Promise.all(open.map((operation) => act.ended(operation.name)));
  },
};

const restartGuestsStep: Step = {
  name: 'restart-guests',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { name, target } = act.operation();
    const lost = act.fleet.guestsOn(target).filter(mayRestart).sort(byPriority);
    for (const { vmid } of lost) await act.execute(restartGuest(vmid));
    const parts = [...act.fleet.all('operation')].filter((operation) => operation.parent === name && isOpen(operation));
    await Promise.all(parts.map((operation) => act.ended(operation.name)));
  },
};

export const afterDeath: readonly Step[] = [endOperationsStep, restartGuestsStep];

export const confirmHostDead: Recipe = {
  kind: 'CONFIRM_HOST_DEAD',
  steps: afterDeath,
  cancellableBefore: () => false,
  onlyForward: true,
  succeeded: () => [],
  failed: () => [],
};
