// Keeps the CPU that every host of the fleet can run as a fact of the cluster, for base guests that leave the CPU open:
// a guest made with it can move anywhere. Computed anew when a host brings another CPU, or leaves.

import type { Logger } from 'pino';
import { type Authority, UnavailableError } from '../authority/authority.js';
import { setClusterPolicy } from '../commands/set-cluster-policy.js';
import type { Host } from '../fleet/host.js';
import { type Hypervisor, HypervisorError } from '../ports/hypervisor.js';

export interface CpuBaselineParts {
  readonly authority: Authority;
  readonly hypervisor: Hypervisor;
  readonly log: Logger;
}

export class CpuBaseline {
  /** The CPUs that the present baseline was computed from. */
  private of = '';
  /** What each host has told of its CPU. */
  private readonly cpus = new Map<string, string>();
  private isStale = true;
  private isQueued = false;
  private computing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: CpuBaselineParts) {}

  /** To be called with each host that has changed, or is gone (undefined); looks whether that concerns its CPU. */
  hostChanged(hostname: string, host: Host | undefined): void {
    const cpu = host?.observed?.cpuXml ?? '';
    if (cpu !== (this.cpus.get(hostname) ?? '')) this.isStale = true;
    if (cpu === '') this.cpus.delete(hostname);
    else this.cpus.set(hostname, cpu);
    if (!this.isStale || this.isQueued) return;
    this.isQueued = true;
    this.computing = this.computing.then(() => this.compute());
  }

  /** Resolves when what was begun has ended. */
  idle(): Promise<void> {
    return this.computing;
  }

  private async compute(): Promise<void> {
    this.isQueued = false;
    const hosts = [...this.parts.authority.fleet.all('host')].filter((host) => (host.observed?.cpuXml ?? '') !== '');
    const cpus = [...new Set(hosts.map((host) => host.observed?.cpuXml ?? ''))].sort();
    const of = cpus.join('\n');
    const asked = hosts.find((host) => host.condition === 'READY');
    if (asked === undefined) return;
    this.isStale = false;
    if (of === this.of) return;
    try {
      await this.store(asked, cpus);
      this.of = of;
    } catch (error) {
      // Tried again when a host changes next.
      this.isStale = true;
      if (!(error instanceof HypervisorError) && !(error instanceof UnavailableError)) throw error;
      this.parts.log.warn({ host: asked.hostname, err: error }, 'the CPU baseline could not be computed');
    }
  }

  private async store(asked: Host, cpus: readonly string[]): Promise<void> {
    const { authority, hypervisor, log } = this.parts;
    const cpuBaselineXml = await hypervisor.host(asked).baselineCpu(cpus);
    if (cpuBaselineXml === authority.fleet.policy.cpuBaselineXml) return;
    const command = setClusterPolicy({ expectedRevision: 0, set: { cpuBaselineXml } });
    await authority.execute(command, { principal: 'virtdc', method: 'reconcile', cause: 'OBSERVED' });
    log.info({ cpus: cpus.length }, 'CPU baseline of the cluster set');
  }
}
