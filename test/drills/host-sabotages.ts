// Bugs about hosts and their guests, to be put into a service on purpose; see sabotages.ts.

import type { Authority } from '../../src/authority/authority.js';
import { confirmHostDead } from '../../src/commands/confirm-host-dead.js';
import { answersAgain } from '../../src/commands/observe-host.js';
import type { Effects } from '../../src/commands/operations/advance.js';
import type { Operation } from '../../src/fleet/operation.js';
import { Admission } from '../../src/operations/admission.js';
import { RECIPES } from '../../src/operations/recipes.js';
import type { HostDriver } from '../../src/ports/hypervisor.js';
import { HostWatch } from '../../src/reconcile/host-watch.js';
import type { Sabotage } from './sabotages.js';

/** What the watch on a host keeps to itself. */
interface Watching {
  readonly hostname: string;
  readonly parts: { readonly authority: Authority; readonly driver: HostDriver };
  sawNothing(...args: unknown[]): Promise<void>;
  clearedAfterDeath(): Promise<ReadonlySet<string>>;
}

export const HOST_SABOTAGES: Readonly<Record<string, Sabotage>> = {
  /** A migration that failed keeps its claim on the target. */
  'target-stays-claimed': {
    prepare: () => {
      const recipe = RECIPES.MIGRATE_GUEST as { failed: Effects };
      const { failed } = recipe;
      recipe.failed = (...args) => failed(...args).filter(({ kind }) => kind !== 'claim');
    },
  },
  /** A host that does not answer for long is taken to be off. */
  'silence-is-death': {
    prepare: () => {
      const watch = HostWatch.prototype as unknown as Watching;
      const { sawNothing } = watch;
      watch.sawNothing = async function (...args) {
        await sawNothing.apply(this, args);
        const host = this.parts.authority.fleet.get('host', this.hostname);
        if (host?.condition !== 'UNREACHABLE') return;
        const command = confirmHostDead({ hostname: this.hostname, expectedRevision: 0, answers: false });
        await this.parts.authority.execute(command, { principal: 'virtdc', method: 'reconcile' });
      };
    },
  },
  /** What a host has of guests that left it is not looked for when it returns. */
  'stale-copies-stay': {
    prepare: () => {
      const watch = HostWatch.prototype as unknown as Watching;
      watch.clearedAfterDeath = async function () {
        await this.parts.driver.domains();
        await this.parts.authority.execute(answersAgain(this.hostname), { principal: 'virtdc', method: 'reconcile' });
        const left = this.parts.authority.fleet.get('host', this.hostname)?.leftBehind ?? [];
        return new Set(left.map(({ uuid }) => uuid));
      };
    },
  },
  /** Operations on all hosts share a few places. */
  'one-queue': {
    prepare: () => {
      const { enter } = Admission.prototype;
      Admission.prototype.enter = function (operation, _hostname, signal) {
        const input = { kind: 'MIGRATE_GUEST', sourceHost: 'all', destHost: 'all' };
        return enter.call(this, { ...operation, input } as unknown as Operation, 'all', signal);
      };
    },
  },
};
