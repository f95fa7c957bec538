// One simulated machine: its power, its libvirtd (which can be frozen or dead while the guests run on), what is stored and
// what runs on it.

import type { HostFacts } from '../../fleet/host.js';
import type { DomainEvent, HypervisorErrorKind } from '../../ports/hypervisor.js';
import { cpuXml } from './cpu.js';
import type { SimulatedDatacenter } from './datacenter.js';
import type { Domain } from './domain.js';
import type { Machine } from './machine.js';
import { uuidOf } from './random.js';
import { Refused } from './refused.js';
import type { HostSettings } from './settings.js';
import type { Pool, Volume } from './storage.js';

/** DEAD: killed, its sockets closed. FROZEN: takes what is sent, and does it once it thaws. */
export type DaemonState = 'UP' | 'FROZEN' | 'DEAD';

/** What is to go wrong with calls that arrive; `method` is a method of HostDriver, or * for any. */
export type CallFault = { readonly method: string; remaining: number } & (
  | { readonly does: 'FAIL'; readonly kind: HypervisorErrorKind; readonly message: string }
  | { readonly does: 'LOSE_REPLY' }
  | { readonly does: 'DELAY'; readonly ms: number }
);

export class SimulatedHost {
  readonly domains = new Map<string, Domain>();
  readonly faults: CallFault[] = [];
  /** Where its events go: one for each connection that listens. */
  readonly subscribers = new Set<(event: DomainEvent) => void>();
  powered = true;
  daemon: DaemonState = 'UP';
  /** Counts the daemon's starts: a connection to an earlier one is a dead one. */
  daemonStarts = 1;
  private backlog: (() => void)[] = [];

  constructor(
    readonly datacenter: SimulatedDatacenter,
    readonly name: string,
    public settings: HostSettings,
    readonly pools: Map<string, Pool>,
  ) {}

  /** Whether a connection gets answers, as far as the host itself goes. */
  get answers(): boolean {
    return this.powered && this.daemon === 'UP';
  }

  /** Whether the daemon is the one of that start. */
  isStill(daemonStarts: number): boolean {
    return this.powered && this.daemon !== 'DEAD' && this.daemonStarts === daemonStarts;
  }

  /** Work that reached the daemon: done now, or when it thaws, whether or not anybody still waits for it. */
  receive(work: () => void): void {
    if (!this.powered || this.daemon === 'DEAD') return;
    if (this.daemon === 'FROZEN') this.backlog.push(work);
    else work();
  }

  emit(event: DomainEvent): void {
    this.receive(() => {
      for (const subscriber of this.subscribers) subscriber(event);
    });
  }

  freeze(): void {
    if (this.powered && this.daemon === 'UP') this.daemon = 'FROZEN';
  }

  thaw(): void {
    if (this.daemon !== 'FROZEN') return;
    this.daemon = 'UP';
    const work = this.backlog;
    this.backlog = [];
    for (const each of work) each();
  }

  dropDaemon(): void {
    this.daemon = 'DEAD';
    this.backlog = [];
    this.subscribers.clear();
  }

  startDaemon(): void {
    if (!this.powered || this.daemon !== 'DEAD') return;
    this.daemon = 'UP';
    this.daemonStarts += 1;
  }

  takeFault(method: string): CallFault | undefined {
    const index = this.faults.findIndex((fault) => fault.method === method || fault.method === '*');
    const fault = this.faults[index];
    if (fault === undefined) return undefined;
    fault.remaining -= 1;
    if (fault.remaining <= 0) this.faults.splice(index, 1);
    return fault;
  }

  domain(uuid: string): Domain {
    const domain = this.domains.get(uuid);
    if (domain === undefined) throw new Refused('NO_DOMAIN', `no domain with UUID ${uuid}`);
    return domain;
  }

  running(uuid: string): { domain: Domain; machine: Machine } {
    const domain = this.domain(uuid);
    if (domain.machine === undefined) throw new Refused('REFUSED', `domain ${domain.domainName} is not running`);
    return { domain, machine: domain.machine };
  }

  pool(name: string): Pool {
    const pool = this.pools.get(name);
    if (pool === undefined) throw new Refused('NO_POOL', `no storage pool ${name}`);
    return pool;
  }

  /** The volume behind a path, and whether other hosts have it too. */
  volumeAt(path: string): { volume: Volume; shared: boolean } | undefined {
    for (const pool of this.pools.values()) {
      const name = path.slice(pool.settings.path.length + 1);
      const volume = pool.volumes.get(name);
      if (volume !== undefined && path === pool.pathOf(name)) {
        return { volume, shared: pool.settings.kind === 'SHARED' };
      }
    }
    return undefined;
  }

  facts(): HostFacts {
    const { cpu, memoryKib, cpuModel, networks, bridges, machineTypes, cpuUnplug } = this.settings;
    return {
      cpu,
      memoryKib,
      libvirtHostname: this.name,
      libvirtUuid: uuidOf(`host ${this.name}`),
      libvirtVersion: '9.0.0',
      hypervisorVersion: '7.2.22',
      arch: 'x86_64',
      cpuModel,
      cpuXml: cpuXml(cpuModel),
      pools: [...this.pools.values()].filter((pool) => pool.active).map((pool) => pool.settings.name),
      networks,
      bridges,
      machineTypes,
      cpuUnplug,
    };
  }
}
