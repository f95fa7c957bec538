// What a simulated datacenter is made of: its hosts' hardware, its guests' nature, and how long things take.

import type { Clock } from '../../ports/clock.js';
import type { GuestDefinition } from '../../ports/hypervisor.js';

const MIB_IN_KIB = 1024;
const GIB_IN_KIB = 1024 * MIB_IN_KIB;

export interface PoolSettings {
  readonly name: string;
  /** SHARED: one and the same storage on every host that names it. */
  readonly kind: 'LOCAL' | 'SHARED';
  readonly path: string;
  readonly capacityKib: number;
}

export interface HostSettings {
  readonly cpu: number;
  readonly memoryKib: number;
  readonly cpuModel: string;
  readonly pools: readonly PoolSettings[];
  readonly networks: readonly string[];
  readonly bridges: readonly string[];
  readonly machineTypes: readonly string[];
  readonly cpuUnplug: boolean;
  /** What one migration stream carries. */
  readonly linkMibPerS: number;
}

export const DEFAULT_HOST: HostSettings = {
  cpu: 64,
  memoryKib: 256 * GIB_IN_KIB,
  cpuModel: 'Skylake-Server',
  pools: [
    { name: 'local', kind: 'LOCAL', path: '/var/lib/libvirt/images', capacityKib: 1024 * GIB_IN_KIB },
    { name: 'shared', kind: 'SHARED', path: '/srv/shared', capacityKib: 10 * 1024 * GIB_IN_KIB },
  ],
  networks: ['default'],
  bridges: ['br0'],
  machineTypes: ['pc', 'q35'],
  cpuUnplug: true,
  linkMibPerS: 1024,
};

/** How a guest behaves; may be changed while it runs. */
export interface GuestBehaviour {
  /** Memory in use: the balloon never takes it, and a migration has to carry it. */
  readonly usedKib: number;
  readonly dirtyBytesPerS: number;
  /** What dirtying is confined to. */
  readonly workingSetKib: number;
  readonly refusesBalloon: boolean;
  readonly agentAbsent: boolean;
  readonly ignoresShutdown: boolean;
}

export function defaultBehaviour(definition: GuestDefinition): GuestBehaviour {
  const usedKib = Math.min(
    definition.currentMemoryKib,
    Math.max(48 * MIB_IN_KIB, Math.floor(definition.currentMemoryKib / 4)),
  );
  return {
    usedKib,
    dirtyBytesPerS: 8 * 1024 * 1024,
    workingSetKib: Math.floor(usedKib / 4),
    refusesBalloon: false,
    agentAbsent: false,
    ignoresShutdown: false,
  };
}

/** How long things take, in milliseconds of the datacenter's clock. */
export interface Durations {
  /** From create until the guest runs. */
  readonly startMs: number;
  /** From then until its agent answers. */
  readonly bootMs: number;
  readonly shutdownMs: number;
  readonly rebootMs: number;
  /** Until the guest has a plugged vCPU online. */
  readonly hotplugMs: number;
  /** What the balloon moves a second. */
  readonly balloonKibPerS: number;
  /** From the last page until the guest goes on at the target. */
  readonly switchoverMs: number;
  /** Silence after which one end of a connection gives the other up. */
  readonly keepaliveMs: number;
  /** How long a call waits for another job of its domain. */
  readonly jobWaitMs: number;
  readonly reconnectMs: number;
  /** Each call takes a random time in this range to reach its host, and again for its answer; 0: no time at all. */
  readonly leastLatencyMs: number;
  readonly mostLatencyMs: number;
}

export const DEFAULT_DURATIONS: Durations = {
  startMs: 150,
  bootMs: 1_000,
  shutdownMs: 400,
  rebootMs: 200,
  hotplugMs: 200,
  balloonKibPerS: 512 * MIB_IN_KIB,
  switchoverMs: 50,
  keepaliveMs: 20_000,
  jobWaitMs: 30_000,
  reconnectMs: 1_000,
  leastLatencyMs: 0,
  mostLatencyMs: 0,
};

export interface DatacenterOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** The XML of a domain, as its host would give it. */
  readonly render: (definition: GuestDefinition) => string;
  readonly durations?: Partial<Durations>;
  /** For every host that is given nothing of its own. */
  readonly host?: Partial<HostSettings>;
  /** By name; these hosts exist from the start, any other from the moment it is first addressed. */
  readonly hosts?: Readonly<Record<string, Partial<HostSettings>>>;
}
