// Guests, their claims, disks and base guests as messages.

import type { BaseGuest as BaseGuestMessage } from '#gen/virtdc/v1/base_guest.js';
import type {
  GuestClaim,
  GuestDisk as GuestDiskMessage,
  Guest as GuestMessage,
  GuestObservation as GuestObservationMessage,
  Nic,
} from '#gen/virtdc/v1/guest.js';
import type { BaseGuest } from '../../fleet/base-guest.js';
import type { Claim } from '../../fleet/claim.js';
import type { Guest, GuestDisk, GuestObservation } from '../../fleet/guest.js';
import { toFigure, toResources } from './amounts.js';
import { toCause } from './cause.js';

export function toGuest(guest: Guest, claims: readonly Claim[]): GuestMessage {
  return {
    vmid: guest.vmid,
    uuid: guest.uuid,
    domainName: guest.domainName,
    hostname: guest.hostname,
    state: `GUEST_STATE_${guest.state}`,
    stateReason: guest.stateReason,
    currentCpu: guest.currentCpu,
    maxCpu: guest.maxCpu,
    currentMemoryKib: BigInt(guest.currentMemoryKib),
    maxMemoryKib: BigInt(guest.maxMemoryKib),
    ioKib: BigInt(guest.ioKib),
    observed: guest.observed && toObservation(guest.observed),
    claims: claims.map(toClaim),
    operation: guest.operation,
    labels: { ...guest.labels },
    disks: guest.disks.map(toDisk),
    nics: guest.nics.map((nic) => toNic({ mac: nic.mac, kind: nic.kind, source: nic.source })),
    baseGuest: guest.baseGuest,
    adopted: guest.adopted,
    persistent: guest.persistent,
    priority: guest.priority,
    restartPolicy: `RESTART_POLICY_${guest.restartPolicy}`,
    createdBy: guest.createdBy,
    createdByRequestId: guest.createdByRequest,
    createTime: guest.createdAt,
    revision: BigInt(guest.revision),
    cause: toCause(guest.cause),
  };
}

function toObservation(seen: GuestObservation): GuestObservationMessage {
  return {
    observeTime: seen.at,
    pluggedCpu: seen.pluggedCpu,
    onlineCpu: seen.onlineCpu,
    balloonKib: toFigure(seen.balloonKib),
    bootId: seen.bootId ?? '',
    addresses: [...seen.addresses],
  };
}

function toClaim(claim: Claim): GuestClaim {
  return {
    hostname: claim.hostname,
    kind: claim.kind === 'INCOMING' ? 'CLAIM_KIND_INCOMING' : 'CLAIM_KIND_GUEST',
    resources: toResources(claim.resources),
    retakeKib: BigInt(claim.retakeKib),
  };
}

function toDisk(disk: GuestDisk): GuestDiskMessage {
  return {
    target: disk.target,
    pool: disk.pool,
    volume: disk.volume,
    path: disk.path,
    format: disk.format === 'raw' ? 'DISK_FORMAT_RAW' : 'DISK_FORMAT_QCOW2',
    baseImage: disk.baseImage,
    capacityKib: BigInt(disk.capacityKib),
    role: `DISK_ROLE_${disk.role}`,
    madeByVirtdc: disk.madeByVirtdc,
  };
}

function toNic(nic: { kind: 'NETWORK' | 'BRIDGE'; source: string; mac: string }): Nic {
  return { kind: `NIC_KIND_${nic.kind}`, source: nic.source, mac: nic.mac };
}

export function toBaseGuest(base: BaseGuest): BaseGuestMessage {
  return {
    name: base.name,
    disks: base.diskTargets.map((target) => ({ target, image: base.images[target] ?? '' })),
    nics: base.nics.map((nic) => toNic({ ...nic, mac: '' })),
    machineType: base.machineType,
    createTime: base.createdAt,
    revision: BigInt(base.revision),
  };
}
