// Requests as a caller who leaves everything open would make them; tests say what they want otherwise.

import type { ImportedNode } from '../../src/commands/import-node-info.js';
import type { MigrateGuestRequest } from '../../src/commands/migrate-guest.js';
import type { ScaleCpuRequest } from '../../src/commands/scale-cpu.js';
import type { ScaleMemoryRequest } from '../../src/commands/scale-memory.js';
import type { SubmitGuestRequest } from '../../src/commands/submit-guest.js';
import { kib } from '../fleets/parse.js';
import { PLAIN_MOVE } from './decide.js';

export function submission(vmid: string, more: Partial<SubmitGuestRequest> = {}): SubmitGuestRequest {
  return {
    vmid,
    cpu: 2,
    memoryKib: kib('2GiB'),
    ioKib: 0,
    maxCpu: 0,
    maxMemoryKib: 0,
    baseGuest: 'web',
    pool: '',
    network: '',
    bridge: '',
    mac: '',
    seed: undefined,
    strategy: undefined,
    restartPolicy: 'NEVER',
    priority: 0,
    labels: {},
    ...more,
  };
}

export function migration(vmid: string, more: Partial<MigrateGuestRequest> = {}): MigrateGuestRequest {
  return { vmid, expectedRevision: 0, sourceHost: '', destHost: '', policy: {}, facts: PLAIN_MOVE, ...more };
}

export function cpuScaling(vmid: string, cpu: number, more: Partial<ScaleCpuRequest> = {}): ScaleCpuRequest {
  return { vmid, cpu, expectedRevision: 0, hostname: '', onNoRoom: 'REFUSE', facts: PLAIN_MOVE, ...more };
}

export function memoryScaling(
  vmid: string,
  memory: string,
  more: Partial<ScaleMemoryRequest> = {},
): ScaleMemoryRequest {
  const memoryKib = kib(memory);
  return { vmid, memoryKib, expectedRevision: 0, hostname: '', onNoRoom: 'REFUSE', facts: PLAIN_MOVE, ...more };
}

/** cpu, memory and io, declared; all of it available unless said otherwise. */
export function node(hostname: string, max: string, available = max): ImportedNode {
  const amounts = (text: string) => {
    const [cpu = '0', memory = '0', io = '0'] = text.split(' ');
    return { cpu: Number(cpu), memoryKib: kib(memory), ioKib: kib(io) };
  };
  return { hostname, ipAddress: '10.0.0.1', maxCapacity: amounts(max), availableCapacity: amounts(available) };
}
