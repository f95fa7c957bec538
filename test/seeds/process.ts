// One process of the simulated service: everything from the commands down, composed as service.ts does, on a clock, a
// database and hosts that outlive it.

import pino from 'pino';
import type { RunningAuthority } from '../../src/authority/authority.js';
import { seededIds } from '../../src/authority/ids.js';
import { createAuthority } from '../../src/authority/leader.js';
import { createRestarts, type Restarts } from '../../src/controllers/restarts.js';
import { createExecutor, type Executor } from '../../src/operations/executor.js';
import { RECIPES } from '../../src/operations/recipes.js';
import type { Clock } from '../../src/ports/clock.js';
import { NO_FAILPOINTS } from '../../src/ports/failpoints.js';
import { type Hypervisor, HypervisorError } from '../../src/ports/hypervisor.js';
import type { Inventory } from '../../src/ports/inventory.js';
import { createReconciler, type Reconciler } from '../../src/reconcile/reconciler.js';
import { HostEvents } from '../../src/telemetry/host-events.js';
import { Watches } from '../../src/watch/watch.js';
import { Mortality, mortalClock, mortalHypervisor, mortalInventory, type Watched } from './mortal.js';

export interface ProcessParts {
  readonly name: string;
  readonly idSeed: number;
  readonly clock: Clock;
  readonly inventory: Inventory;
  readonly hypervisor: Hypervisor;
  readonly watched: Watched;
}

/** Small, so that watchers meet the ring's edge, the log and split answers all the time. */
const WATCH_LIMITS = {
  ...{ maxEntries: 24, maxBytes: 1024 * 1024, maxAnswerBytes: 256, maxWatchers: 100 },
  ...{ blockedMs: 30_000, lookMs: 1_000, restMs: 0, logPage: 7, logPagesKept: 2 },
};
/** So that whoever was away for a while finds the log compacted. */
const RETENTION = {
  logKeptEntries: 150,
  logKeptMs: 86_400_000,
  requestIdKeptMs: 86_400_000,
  auditKeptMs: 86_400_000,
  endedOperationsKept: 40,
};

export class Process {
  readonly life = new Mortality();
  readonly authority: RunningAuthority;
  /** undefined until it leads or follows for the first time. */
  watches: Watches | undefined;
  private executor: Executor | undefined;
  private reconciler: Reconciler | undefined;
  private restarts: Restarts | undefined;
  private readonly clock: Clock;
  private readonly inventory: Inventory;
  private readonly hypervisor: Hypervisor;

  constructor(private readonly parts: ProcessParts) {
    const { life } = this;
    this.clock = mortalClock(parts.clock, life);
    this.inventory = mortalInventory(parts.inventory, life);
    this.hypervisor = mortalHypervisor(parts.hypervisor, life, parts.watched);
    this.authority = createAuthority({
      inventory: this.inventory,
      clock: this.clock,
      ids: seededIds(parts.idSeed),
      log: LOG,
      holder: parts.name,
      address: parts.name,
      retention: RETENTION,
    });
    // The system closes what a dead process had open; what it had sent is on its way all the same.
    void life.died.then(() => parts.hypervisor.close());
    const never = (): void => {};
    this.authority.serving().then(() => this.serve(), never);
    this.authority.leading().then(() => this.act(), never);
  }

  get name(): string {
    return this.parts.name;
  }

  get leads(): boolean {
    return this.isAwake && this.executor !== undefined && this.authority.health.state === 'LEADING';
  }

  /** Whether it hears who asks it. */
  get serves(): boolean {
    const { state } = this.authority.health;
    return this.watches !== undefined && this.isAwake && (state === 'LEADING' || state === 'FOLLOWING');
  }

  get isAwake(): boolean {
    return !this.life.isDead && !this.life.isStopped;
  }

  private serve(): void {
    const { authority, clock, inventory } = this;
    this.watches = new Watches({ authority, inventory, clock, limits: WATCH_LIMITS });
  }

  private act(): void {
    const { authority, clock, hypervisor } = this;
    const events = new HostEvents();
    const driver = (name: string) => {
      const host = authority.fleet.get('host', name);
      if (host === undefined) throw new HypervisorError('UNREACHABLE', name, `there is no host ${name} any more`);
      return hypervisor.host(host);
    };
    this.executor = createExecutor({
      authority,
      clock,
      log: LOG,
      recipes: RECIPES,
      events,
      failpoints: NO_FAILPOINTS,
      driver,
    });
    this.reconciler = createReconciler({ authority, clock, log: LOG, events, hypervisor });
    this.restarts = createRestarts({ authority, clock, log: LOG });
    this.reconciler.start();
    this.executor.start();
    this.restarts.start();
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    this.watches?.close();
    await this.restarts?.stop();
    await this.executor?.stop();
    await this.reconciler?.stop();
    await this.authority.close();
    this.life.die();
  }
}

/** SEEDS_LOG=debug shows what the service itself says. */
const LOG = pino(
  { enabled: process.env.SEEDS_LOG !== undefined, level: process.env.SEEDS_LOG ?? 'info' },
  pino.destination({ fd: 2, sync: true }),
);
