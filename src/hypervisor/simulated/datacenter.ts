// A datacenter that is simulated in this process: hosts, what runs and is stored on them, and the network between them.
// All time comes from the clock and all chance from the seed, so that a run on virtual time repeats exactly.

import type { Hypervisor } from '../../ports/hypervisor.js';
import type { SimulatedConsole } from './console.js';
import type { Domain } from './domain.js';
import { SimulatedHypervisor } from './driver.js';
import { Faults } from './faults.js';
import { SimulatedHost } from './host.js';
import type { Link } from './link.js';
import type { Machine } from './machine.js';
import type { MigrationJob } from './migration-job.js';
import { Network } from './network.js';
import { SeededRandom } from './random.js';
import {
  type DatacenterOptions,
  DEFAULT_DURATIONS,
  DEFAULT_HOST,
  type Durations,
  type HostSettings,
} from './settings.js';
import { Pool } from './storage.js';

interface Waiter {
  readonly holds: () => boolean;
  readonly done: (held: boolean) => void;
}

export class SimulatedDatacenter {
  readonly durations: Durations;
  readonly random: SeededRandom;
  readonly hosts = new Map<string, SimulatedHost>();
  readonly sharedPools = new Map<string, Pool>();
  readonly jobs = new Map<string, MigrationJob>();
  readonly links = new Set<Link>();
  readonly network = new Network();
  /** Where each running guest is. */
  readonly homes = new Map<Machine, { host: SimulatedHost; domain: Domain }>();
  /** Open consoles: a guest has one. */
  readonly consoles = new Map<Machine, SimulatedConsole>();
  readonly faults = new Faults(this);
  readonly render: DatacenterOptions['render'];
  /** Told after each change of what would be written down; see persistence.ts. */
  onChange: () => void = () => {};
  readonly clock;
  private readonly epochMs: number;
  private readonly timers = new Set<() => void>();
  private closed = false;
  private readonly waiters = new Set<Waiter>();
  private readonly hostDefaults: HostSettings;

  constructor(options: DatacenterOptions) {
    this.clock = options.clock;
    this.epochMs = options.clock.now().getTime() - options.clock.monotonicMs();
    this.durations = { ...DEFAULT_DURATIONS, ...options.durations };
    this.random = new SeededRandom(options.seed);
    this.render = options.render;
    this.hostDefaults = { ...DEFAULT_HOST, ...options.host };
    for (const [name, settings] of Object.entries(options.hosts ?? {})) this.addHost(name, settings);
  }

  /** The datacenter as one client sees it; `client` is its name on the network, for partitions. */
  hypervisor(client = 'virtdc'): Hypervisor {
    return new SimulatedHypervisor(this, client);
  }

  host(name: string): SimulatedHost {
    return this.hosts.get(name) ?? this.addHost(name, {});
  }

  addHost(name: string, settings: Partial<HostSettings>): SimulatedHost {
    const whole = { ...this.hostDefaults, ...settings };
    const pools = new Map(
      whole.pools.map((pool) => [pool.name, pool.kind === 'SHARED' ? this.sharedPool(pool) : new Pool(pool)]),
    );
    const host = new SimulatedHost(this, name, whole, pools);
    this.hosts.set(name, host);
    this.onChange();
    return host;
  }

  private sharedPool(settings: Pool['settings']): Pool {
    const known = this.sharedPools.get(settings.name);
    if (known !== undefined) return known;
    const pool = new Pool(settings);
    this.sharedPools.set(settings.name, pool);
    return pool;
  }

  /** Milliseconds; wall-clock time at the start, and steady from there on. */
  now(): number {
    return this.epochMs + this.clock.monotonicMs();
  }

  /** Does it after ms, unless the answer is called before, or the datacenter is closed. */
  after(ms: number, work: () => void): () => void {
    if (this.closed) return () => {};
    const stopTimer = this.clock.after(ms, () => {
      this.timers.delete(stop);
      work();
    });
    const stop = () => {
      this.timers.delete(stop);
      stopTimer();
    };
    this.timers.add(stop);
    return stop;
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Waits until it holds: true; or, after ms (if given) or when the signal aborts: false. */
  until(holds: () => boolean, ms: number | undefined, signal?: AbortSignal): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        holds,
        done: (held) => {
          this.waiters.delete(waiter);
          signal?.removeEventListener('abort', giveUp);
          stopTimer();
          resolve(held);
        },
      };
      const giveUp = () => waiter.done(false);
      const stopTimer = ms === undefined ? () => {} : this.after(ms, giveUp);
      signal?.addEventListener('abort', giveUp);
      this.waiters.add(waiter);
    });
  }

  /** To be called after every change that somebody may wait for. */
  changed(): void {
    for (const waiter of [...this.waiters]) if (waiter.holds()) waiter.done(true);
    this.onChange();
  }

  /** To be called after every change of power, daemons or network. */
  faultsChanged(): void {
    for (const link of [...this.links]) link.review();
    this.changed();
  }

  /** Stops time for good: nothing happens in it any more. */
  close(): void {
    this.closed = true;
    for (const stop of [...this.timers]) stop();
    for (const link of [...this.links]) link.close();
  }
}
