// Bugs to be put into a service on purpose, so that a drill can show that it would find them. Each is a small change to one
// part, made in the process of the service before it starts; none of it can be reached from src/.

import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { HealthCell } from '../../src/authority/health.js';
import { LeaseKeeper } from '../../src/authority/lease-keeper.js';
import { Replays } from '../../src/authority/replays.js';
import type { Config } from '../../src/config.js';
import { Fleet } from '../../src/fleet/fleet.js';
import type { OperationKind } from '../../src/fleet/operation.js';
import { inventoryOver } from '../../src/inventory/pglite.js';
import { LIMITS } from '../../src/limits.js';
import { RECIPES } from '../../src/operations/recipes.js';
import { type Step, StepFailure } from '../../src/operations/step.js';
import { type Inventory, InventoryError } from '../../src/ports/inventory.js';
import { HOST_SABOTAGES } from './host-sabotages.js';
import { WATCH_SABOTAGES } from './watch-sabotages.js';

export interface Sabotage {
  /** Opens the inventory in place of what the settings say. */
  readonly open?: (config: Config) => Promise<Inventory>;
  /** What becomes of the inventory. */
  readonly inventory?: (inventory: Inventory) => Inventory;
  /** Anything else, before the service starts. */
  readonly prepare?: () => void;
}

/** The inventory with some of its methods replaced. */
function changed(inventory: Inventory, changes: Partial<Inventory>): Inventory {
  return new Proxy(inventory, {
    get(target, name) {
      const value: unknown = name in changes ? changes[name as keyof Inventory] : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A step with another look at whether it was done. */
function observed(kind: OperationKind, name: string, observe: Step['observe']): Step {
  const step = RECIPES[kind].steps.find((one) => one.name === name);
  if (step === undefined) throw new Error(`${kind} has no step ${name}`);
  return Object.assign(step, { observe });
}

const ENDS_AT = new WeakMap<LeaseKeeper, number>();

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  ...HOST_SABOTAGES,
  ...WATCH_SABOTAGES,
  /** Answers go out before the database has the batch. */
  'acks-early': {
    inventory: (inventory) => {
      let last: Promise<unknown> = Promise.resolve();
      const commit: Inventory['commit'] = async (batch) => {
        last = last.then(() => inventory.commit(batch)).catch(() => undefined);
      };
      return changed(inventory, { commit });
    },
  },
  /** A commit without an answer is taken for done. */
  'unknown-is-done': {
    inventory: (inventory) => {
      const commit: Inventory['commit'] = async (batch) => {
        try {
          await inventory.commit(batch);
        } catch (error) {
          if (!(error instanceof InventoryError && error.kind === 'UNKNOWN_OUTCOME')) throw error;
        }
      };
      return changed(inventory, { commit });
    },
  },
  /** The health service is told nothing. */
  'health-stays': {
    prepare: () => {
      HealthCell.prototype.listen = () => () => false;
    },
  },
  /** A request id means nothing. */
  'forgets-requests': {
    prepare: () => {
      Replays.prototype.once = (_caller, _request, decide) => decide();
    },
  },
  /** Whoever knows the directory may write in it. */
  'shares-directory': {
    open: async ({ dataDir }) => {
      const pglite = await PGlite.create({ dataDir: join(dataDir, 'db', 'pglite') });
      return await inventoryOver(pglite, () => pglite.close());
    },
  },
  /** A request id stands for itself, whatever it was used for. */
  'forgets-payloads': {
    prepare: () => {
      const { once } = Replays.prototype;
      Replays.prototype.once = function (caller, request, decide) {
        return once.call(this, caller, { ...request, payloadHash: 'any' }, decide) as ReturnType<typeof decide>;
      };
    },
  },
  /** What is left of a host is counted anew a while after its claims have changed. */
  'recounts-late': {
    prepare: () => {
      const part = Fleet.prototype as unknown as { dropTotals: (hostname: string) => void };
      const { dropTotals } = part;
      part.dropTotals = function (hostname) {
        setTimeout(() => dropTotals.call(this, hostname), 20);
      };
    },
  },
  /** A creation that is taken up again does not look whether it was done. */
  'creates-blindly': { prepare: () => observed('CREATE_GUEST', 'create-domain', () => Promise.resolve('NOT_DONE')) },
  /** A migration that is taken up again is taken for failed without a look. */
  'gives-up-blindly': {
    prepare: () => {
      const failed = () => Promise.reject(new StepFailure('MIGRATION_STAYED', 'it surely stayed'));
      Object.assign(observed('MIGRATE_GUEST', 'perform', failed), { undo: undefined });
    },
  },
  /** A termination that is taken up again takes the domain for gone. */
  'counts-as-gone': { prepare: () => observed('TERMINATE_GUEST', 'end-domain', () => Promise.resolve('DONE')) },
  /** The lease is taken to end by the clock of this machine. */
  'lease-by-own-clock': {
    prepare: () => {
      LeaseKeeper.prototype.lasts = function (ms) {
        const endsAtMs = ENDS_AT.get(this) ?? Number.NEGATIVE_INFINITY;
        return Date.now() + ms < endsAtMs;
      };
      const { renew, take } = LeaseKeeper.prototype;
      LeaseKeeper.prototype.renew = async function () {
        await renew.call(this);
        ENDS_AT.set(this, Date.now() + LIMITS.leaseTtlMs);
      };
      LeaseKeeper.prototype.take = async function () {
        const taken = await take.call(this);
        if (taken.ours) ENDS_AT.set(this, Date.now() + LIMITS.leaseTtlMs);
        return taken;
      };
    },
  },
  /** What is old is dropped by the clock of this machine. */
  'past-by-own-clock': {
    inventory: (inventory) => changed(inventory, { now: async () => new Date() }),
  },
  /** The process ends as soon as it is told to. */
  'ends-at-once': {
    prepare: () => {
      process.once('SIGTERM', () => process.exit(0));
    },
  },
  /** What is no decision does not reach the audit log. */
  'trail-is-lost': {
    inventory: (inventory) => changed(inventory, { appendAudit: () => Promise.resolve() }),
  },
  /** Trouble of the database that passes is taken for a bug. */
  'passing-trouble-is-a-bug': {
    inventory: (inventory) => {
      const commit: Inventory['commit'] = async (batch) => {
        try {
          await inventory.commit(batch);
        } catch (error) {
          if (error instanceof InventoryError && error.kind === 'UNAVAILABLE') throw new Error('not foreseen');
          throw error;
        }
      };
      return changed(inventory, { commit });
    },
  },
};
