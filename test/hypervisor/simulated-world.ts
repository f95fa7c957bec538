// A simulated datacenter on virtual time, for tests of what goes wrong.

import { VirtualClock } from '../../src/clock/virtual.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import type { HostSettings } from '../../src/hypervisor/simulated/settings.js';
import type {
  DomainEvent,
  GuestDefinition,
  HostAddress,
  HostDriver,
  MigrateOptions,
} from '../../src/ports/hypervisor.js';
import { renderDomain } from '../../src/xml/domain.js';
import { makeDisk } from './disk.js';

const MIB_IN_KIB = 1024;
const TEMPLATE = `<domain type='kvm'><name>vm_name</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;

export const OPTIONS: MigrateOptions = {
  bandwidthMibPerS: 0,
  maxDowntimeMs: 300,
  autoConverge: false,
  postcopy: false,
  arrivePaused: false,
  copyDisks: [],
  persistent: false,
  definition: undefined,
};

/** The memory that a guest's first round carries takes 10 s at this pace. */
export const SLOW_MIB_PER_S = 10;
const USED_KIB = 100 * MIB_IN_KIB;

export function never(): AbortSignal {
  return new AbortController().signal;
}

export function address(name: string): HostAddress {
  return { hostname: name, uri: `sim://${name}`, migrationUri: `sim://${name}` };
}

export function definition(vmid: string, disks: GuestDefinition['disks'] = []): GuestDefinition {
  return {
    templateXml: TEMPLATE,
    uuid: `00000000-0000-4000-8000-${Buffer.from(vmid.padEnd(6, '-')).toString('hex').slice(0, 12)}`,
    domainName: vmid,
    currentCpu: 2,
    maxCpu: 8,
    currentMemoryKib: 256 * MIB_IN_KIB,
    maxMemoryKib: 512 * MIB_IN_KIB,
    disks,
    nics: [],
    cpuBaselineXml: '',
    mark: { vmid, operation: 'op-1', epoch: 1 },
  };
}

export class World {
  readonly clock = new VirtualClock();
  readonly datacenter: SimulatedDatacenter;
  readonly hypervisor;
  readonly a: HostDriver;
  readonly b: HostDriver;
  readonly heard: string[] = [];
  private readonly stop = new AbortController();

  constructor(seed = 1, host: Partial<HostSettings> = {}, leastLatencyMs = 0, mostLatencyMs = 0) {
    const durations = { leastLatencyMs, mostLatencyMs };
    this.datacenter = new SimulatedDatacenter({ clock: this.clock, seed, render: renderDomain, host, durations });
    this.hypervisor = this.datacenter.hypervisor();
    this.a = this.hypervisor.host(address('a'));
    this.b = this.hypervisor.host(address('b'));
    for (const driver of [this.a, this.b]) {
      const note = (what: string) => this.heard.push(`${this.clock.monotonicMs()} ${driver.address.hostname} ${what}`);
      driver.listen(
        {
          event: (event: DomainEvent) => note(JSON.stringify(event)),
          connected: () => note('connected'),
          disconnected: (why) => note(`disconnected: ${why}`),
        },
        this.stop.signal,
      );
    }
  }

  get faults() {
    return this.datacenter.faults;
  }

  /** Lets virtual time run until the call is answered. */
  run<T>(call: Promise<T>): Promise<T> {
    return this.clock.until(call);
  }

  /** A booted guest on host a that dirties nothing. */
  async guest(vmid = 'g1', disks: GuestDefinition['disks'] = []): Promise<GuestDefinition> {
    const made = definition(vmid, disks);
    await this.run(this.a.create(made, false));
    await this.clock.advance(3_000);
    this.faults.behave(made.uuid, { usedKib: USED_KIB, dirtyBytesPerS: 0 });
    return made;
  }

  async diskOn(host: HostDriver, pool: string, volume: string) {
    return this.run(makeDisk(host, pool, volume, ''));
  }

  /** Where the guest's vCPUs run. */
  runsOn(uuid: string): string[] {
    return this.faults
      .insideGuest(uuid)
      .filter(({ running }) => running)
      .map(({ hostname }) => hostname)
      .sort();
  }

  end(): void {
    this.stop.abort();
    this.datacenter.close();
  }
}
