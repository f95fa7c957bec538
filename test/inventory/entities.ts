// Small, whole entities for tests.

import type { Claim } from '../../src/fleet/claim.js';
import type { Guest } from '../../src/fleet/guest.js';
import type { Host } from '../../src/fleet/host.js';

export const AT = new Date('2026-01-02T03:04:05.678Z');

export function host(hostname: string, cpu = 8): Host {
  return {
    hostname,
    ipAddress: '192.0.2.1',
    uri: `sim://${hostname}`,
    migrationUri: `sim://${hostname}`,
    adminState: 'AVAILABLE',
    condition: 'READY',
    conditionReason: '',
    capacity: { cpu, memoryKib: 16 * 2 ** 20, ioKib: 100 * 2 ** 20 },
    ratios: { cpu: 1, memoryKib: 1, ioKib: 1 },
    reserve: { cpu: 0, memoryKib: 0, ioKib: 0 },
    maxIoKibPerS: 0,
    observed: undefined,
    leftBehind: [],
    labels: {},
    zone: '',
    createdAt: AT,
    cause: '',
    revision: 0,
  };
}

export function guest(vmid: string, hostname: string): Guest {
  return {
    vmid,
    uuid: `uuid-of-${vmid}`,
    domainName: vmid,
    hostname,
    state: 'RUNNING',
    stateReason: '',
    currentCpu: 1,
    maxCpu: 2,
    currentMemoryKib: 2 ** 20,
    maxMemoryKib: 2 ** 20,
    ioKib: 4 * 2 ** 20,
    observed: undefined,
    disks: [],
    nics: [],
    seed: undefined,
    baseGuest: 'debian',
    template: 'sha',
    persistent: false,
    adopted: false,
    restartPolicy: 'NEVER',
    priority: 0,
    restarts: undefined,
    operation: '',
    labels: {},
    createdBy: 'local',
    createdByRequest: '',
    createdAt: AT,
    cause: '',
    revision: 0,
  };
}

export function claim(hostname: string, vmid: string, cpu = 1): Claim {
  return {
    hostname,
    vmid,
    kind: 'GUEST',
    resources: { cpu, memoryKib: 2 ** 20, ioKib: 2 ** 20 },
    retakeKib: 0,
    revision: 0,
  };
}
