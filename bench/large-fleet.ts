// A large fleet as the service would have stored it after some weeks: hosts that are READY, guests that run, their claims,
// the operations that made them, and the ids of the requests. Every amount is what the hosts of host-daemons.ts show, so
// that looking at them changes nothing.

import { randomUUID } from 'node:crypto';
import { record } from '../src/authority/record.js';
import { type Change, put } from '../src/fleet/change.js';
import { DEFAULT_CLUSTER_POLICY } from '../src/fleet/cluster-policy.js';
import { Fleet } from '../src/fleet/fleet.js';
import type { Guest } from '../src/fleet/guest.js';
import type { Host, HostFacts } from '../src/fleet/host.js';
import type { Operation } from '../src/fleet/operation.js';
import { NOTHING } from '../src/fleet/resources.js';
import { openPostgres } from '../src/inventory/postgres.js';
import { LIMITS } from '../src/limits.js';
import { claimSize } from '../src/policy/claim.js';
import type { Inventory, RequestRecord } from '../src/ports/inventory.js';

export interface FleetSize {
  readonly hosts: number;
  readonly guestsPerHost: number;
}

export const GUEST = { cpu: 2, memoryKib: 4 * 1024 * 1024, ioKib: 20 * 1024 * 1024 } as const;
const HOST = { cpu: 64, memoryKib: 256 * 1024 * 1024, ioKib: 4 * 1024 * 1024 * 1024 } as const;
const ORIGIN = { at: new Date(), cause: '', principal: 'local' };
const GUESTS_AT_ONCE = 1_000;

export const hostnameOf = (host: number): string => `host${digits(host, 5)}`;
export const domainNameOf = (host: number, guest: number): string => `vm-${digits(host, 5)}-${digits(guest, 2)}`;
export const domainUuidOf = (host: number, guest: number): string =>
  `4c697665-0000-4000-8000-${hex(host, 8)}${hex(guest, 4)}`;
export const hostUuidOf = (host: number): string => `486f7374-0000-4000-8000-${hex(host, 12)}`;
export const bootIdOf = (host: number, guest: number): string =>
  `426f6f74-0000-4000-8000-${hex(host, 8)}${hex(guest, 4)}`;
export const addressOf = (host: number, guest: number): string => `10.${host >> 8}.${host & 255}.${guest + 1}`;
/** All of 127.0.0.0/8 is this machine, so one listener plays every host and knows by the address which is meant. */
export const hostAddressOf = (host: number): string =>
  `127.${(host >> 14) + 1}.${(host >> 7) & 127}.${(host & 127) + 1}`;
export function hostOfAddress(address: string): number {
  const [, a = 0, b = 0, c = 0] = address.split('.').map(Number);
  return ((a - 1) << 14) | (b << 7) | (c - 1);
}

/** Stores it in the empty database. `factsOf`: what a look at the host tells of it. */
export async function storeFleet(
  url: string,
  size: FleetSize,
  port: number,
  factsOf: (host: number) => HostFacts,
): Promise<void> {
  const inventory = await openPostgres(url);
  try {
    const { epoch } = await inventory.acquireLease('bench', 'bench', LIMITS.leaseTtlMs);
    const store = storing(inventory, epoch);
    await store([put('template', { key: TEMPLATE, xml: `<domain type='kvm'/>`, revision: 0 })], []);
    const hostsAtOnce = Math.ceil(GUESTS_AT_ONCE / size.guestsPerHost);
    for (let first = 0; first < size.hosts; first += hostsAtOnce) {
      const hosts = Array.from({ length: Math.min(hostsAtOnce, size.hosts - first) }, (_, index) => first + index);
      const changes: Change[] = [];
      const requests: RequestRecord[] = [];
      for (const host of hosts) {
        changes.push(put('host', hostEntity(host, port, factsOf(host))));
        for (let guest = 0; guest < size.guestsPerHost; guest += 1) {
          const entity = guestEntity(host, guest);
          const claim = { hostname: entity.hostname, vmid: entity.vmid, kind: 'GUEST' as const, revision: 0 };
          changes.push(put('guest', entity), put('claim', { ...claim, ...claimSize(entity, DEFAULT_CLUSTER_POLICY) }));
          requests.push(requestOf(entity));
          // Only so many of the operations that have ended are kept.
          if (requests.length <= (LIMITS.endedOperationsKept * GUESTS_AT_ONCE) / (size.hosts * size.guestsPerHost)) {
            changes.push(put('operation', operationEntity(entity)));
          }
        }
      }
      await store(changes, requests);
      await inventory.renewLease(epoch, LIMITS.leaseTtlMs);
    }
    await inventory.releaseLease(epoch);
  } finally {
    await inventory.close();
  }
}

function storing(inventory: Inventory, epoch: number) {
  const fleet = new Fleet();
  return async (changes: readonly Change[], requests: readonly RequestRecord[]): Promise<void> => {
    const afterRevision = fleet.revision;
    const { entries } = record(fleet, changes, ORIGIN);
    await inventory.commit({ id: randomUUID(), epoch, afterRevision, entries, requests, audit: [] });
  };
}

const TEMPLATE = 'bench';

function hostEntity(host: number, port: number, observed: HostFacts): Host {
  const uri = `qemu+tcp://${hostAddressOf(host)}:${port}/system`;
  return {
    hostname: hostnameOf(host),
    ipAddress: hostAddressOf(host),
    uri,
    migrationUri: uri,
    adminState: 'AVAILABLE',
    condition: 'READY',
    conditionReason: '',
    capacity: HOST,
    ratios: DEFAULT_CLUSTER_POLICY.defaultRatios,
    reserve: NOTHING,
    maxIoKibPerS: 0,
    observed,
    leftBehind: [],
    labels: { rack: `r${host >> 5}` },
    zone: `zone${host % 3}`,
    createdAt: ORIGIN.at,
    cause: '',
    revision: 0,
  };
}

function guestEntity(host: number, guest: number): Guest {
  const name = domainNameOf(host, guest);
  return {
    vmid: name,
    uuid: domainUuidOf(host, guest),
    domainName: name,
    hostname: hostnameOf(host),
    state: 'RUNNING',
    stateReason: '',
    currentCpu: GUEST.cpu,
    maxCpu: GUEST.cpu,
    currentMemoryKib: GUEST.memoryKib,
    maxMemoryKib: GUEST.memoryKib,
    ioKib: GUEST.ioKib,
    observed: {
      at: ORIGIN.at,
      pluggedCpu: GUEST.cpu,
      onlineCpu: GUEST.cpu,
      balloonKib: GUEST.memoryKib,
      bootId: bootIdOf(host, guest),
      addresses: [addressOf(host, guest)],
    },
    disks: [
      {
        target: 'vda',
        pool: 'local',
        volume: `${name}-vda.qcow2`,
        path: `/var/lib/libvirt/images/${name}-vda.qcow2`,
        format: 'qcow2',
        baseImage: 'debian-12.qcow2',
        capacityKib: GUEST.ioKib,
        role: 'DISK',
        madeByVirtdc: true,
      },
    ],
    nics: [{ kind: 'NETWORK', source: 'default', mac: macOf(host, guest) }],
    seed: undefined,
    baseGuest: 'debian-12',
    template: TEMPLATE,
    persistent: false,
    adopted: false,
    restartPolicy: 'NEVER',
    priority: 0,
    restarts: undefined,
    operation: '',
    labels: { app: `app${guest % 7}`, team: `team${host % 11}` },
    createdBy: ORIGIN.principal,
    createdByRequest: `submit-${name}`,
    createdAt: ORIGIN.at,
    cause: '',
    revision: 0,
  };
}

function operationEntity({ vmid, createdByRequest }: Guest): Operation {
  return {
    name: `op-${createdByRequest}`,
    input: { kind: 'CREATE_GUEST' },
    target: vmid,
    parent: '',
    principal: ORIGIN.principal,
    state: 'SUCCEEDED',
    step: 'start',
    notes: {},
    cancelRequested: false,
    error: undefined,
    migration: undefined,
    charged: NOTHING,
    decision: undefined,
    createdAt: ORIGIN.at,
    startedAt: ORIGIN.at,
    endedAt: ORIGIN.at,
    revision: 0,
  };
}

function requestOf(guest: Guest): RequestRecord {
  return {
    principal: ORIGIN.principal,
    method: 'virtdc.v1.Placement/SubmitGuest',
    requestId: guest.createdByRequest,
    payloadHash: guest.uuid.replaceAll('-', '').repeat(2),
    answer: { result: { guest }, revision: 1 },
    at: ORIGIN.at,
  };
}

const digits = (value: number, length: number): string => String(value).padStart(length, '0');
const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');
const macOf = (host: number, guest: number): string =>
  `52:54:${[host >> 8, host & 255, guest >> 8, guest & 255].map((byte) => hex(byte, 2)).join(':')}`;
