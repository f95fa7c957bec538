// Hosts, pools and images as messages. What is left of a host is computed here from its claims, as of one revision.

import { type HostFacts as HostFactsMessage, type Host as HostMessage, HostWarning } from '#gen/virtdc/v1/host.js';
import type { Image as ImageMessage } from '#gen/virtdc/v1/image.js';
import type { Pool as PoolMessage } from '#gen/virtdc/v1/pool.js';
import { allocatable, type Host, type HostFacts } from '../../fleet/host.js';
import { RESOURCE_NAMES, subtract } from '../../fleet/resources.js';
import type { Image, Pool } from '../../fleet/storage.js';
import type { HostLoad } from '../../ports/inventory.js';
import { toFigure, toRatios, toReserve, toResources } from './amounts.js';
import { toCause } from './cause.js';

export function toHost(host: Host, { claimed, guests }: HostLoad, lastSeen: Date | undefined): HostMessage {
  const available = subtract(allocatable(host), claimed);
  return {
    hostname: host.hostname,
    ipAddress: host.ipAddress,
    uri: host.uri,
    migrationUri: host.migrationUri,
    // DRAINING and MAINTENANCE are not reachable yet, and cordon as well.
    adminState: host.adminState === 'AVAILABLE' ? 'HOST_ADMIN_STATE_AVAILABLE' : 'HOST_ADMIN_STATE_CORDONED',
    condition: `HOST_CONDITION_${host.condition}`,
    conditionReason: host.conditionReason,
    maxCpu: host.capacity.cpu,
    maxMemoryKib: BigInt(host.capacity.memoryKib),
    maxIoKib: BigInt(host.capacity.ioKib),
    availCpu: available.cpu,
    availMemoryKib: BigInt(available.memoryKib),
    availIoKib: BigInt(available.ioKib),
    ratios: toRatios(host.ratios),
    reserve: toReserve(host.reserve),
    claimed: toResources(claimed),
    observed: host.observed && toFacts(host.observed),
    warnings: warningsOf(
      host,
      RESOURCE_NAMES.some((name) => available[name] < 0),
    ),
    labels: { ...host.labels },
    zone: host.zone,
    guests,
    lastSeenTime: lastSeen,
    createTime: host.createdAt,
    revision: BigInt(host.revision),
    cause: toCause(host.cause),
    leftBehind: host.leftBehind.map((one) => one.vmid),
  };
}

function warningsOf({ capacity, observed }: Host, over: boolean): HostWarning[] {
  const warnings: HostWarning[] = [];
  const declaredOver =
    observed !== undefined && (capacity.cpu > observed.cpu || capacity.memoryKib > observed.memoryKib);
  if (declaredOver) warnings.push(HostWarning.DECLARED_OVER_OBSERVED);
  if (over) warnings.push(HostWarning.OVERCOMMITTED);
  return warnings;
}

function toFacts(facts: HostFacts): HostFactsMessage {
  return {
    cpu: facts.cpu,
    memoryKib: BigInt(facts.memoryKib),
    libvirtHostname: facts.libvirtHostname,
    libvirtUuid: facts.libvirtUuid,
    libvirtVersion: facts.libvirtVersion,
    hypervisorVersion: facts.hypervisorVersion,
    arch: facts.arch,
    cpuModel: facts.cpuModel,
    pools: [...facts.pools],
    networks: [...facts.networks],
    bridges: [...facts.bridges],
    machineTypes: [...facts.machineTypes],
    cpuUnplug: facts.cpuUnplug,
  };
}

export function toPool(pool: Pool, usedKib: number): PoolMessage {
  return {
    name: pool.name,
    kind: `POOL_KIND_${pool.kind}`,
    locking: pool.locking,
    hostnames: [...pool.hosts].sort(),
    capacityKib: BigInt(pool.capacityKib),
    availKib: pool.capacityKib === 0 ? undefined : toFigure(pool.capacityKib - usedKib),
    exportedBy: pool.exportedBy,
    revision: BigInt(pool.revision),
  };
}

export function toImage(image: Image): ImageMessage {
  return {
    pool: image.pool,
    hostname: image.hostname,
    name: image.name,
    format: image.format === 'raw' ? 'DISK_FORMAT_RAW' : 'DISK_FORMAT_QCOW2',
    sizeBytes: BigInt(image.sizeBytes),
    virtualKib: BigInt(image.virtualKib),
    sha256: image.sha256,
    revision: BigInt(image.revision),
  };
}
