// Has a guest's own host room for more of it? The host's whole claim is computed as it would be, retakes and all.

import { totalOf } from '../fleet/claim.js';
import type { HostVerdict, RejectCode } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { Host } from '../fleet/host.js';
import { RESOURCE_NAMES, type ResourceName, type Resources, shortfall, subtract } from '../fleet/resources.js';
import type { ClaimSize } from './claim.js';

const CODE_OF: Readonly<Record<ResourceName, RejectCode>> = {
  cpu: 'INSUFFICIENT_CPU',
  memoryKib: 'INSUFFICIENT_MEMORY',
  ioKib: 'INSUFFICIENT_IO',
};

/** Why the host cannot hold the guest at its new size; undefined if it can. */
export function noRoom(fleet: FleetView, host: Host, guest: Guest, size: ClaimSize): HostVerdict | undefined {
  const growth = subtract(claimedWith(fleet, host.hostname, guest.vmid, size), fleet.claimed(host.hostname));
  const grown = RESOURCE_NAMES.filter((name) => growth[name] > 0);
  const { available, isOver } = fleet.room(host);
  const short = grown.filter((name) => growth[name] > available[name]);
  const over: readonly RejectCode[] = grown.length > 0 && isOver ? ['HOST_OVERCOMMITTED'] : [];
  const codes = [...over, ...short.map((name) => CODE_OF[name])];
  if (codes.length === 0) return undefined;
  const required = { cpu: Math.max(0, growth.cpu), memoryKib: Math.max(0, growth.memoryKib), ioKib: 0 };
  const figures = short.map((name) => `${growth[name]} more ${WORD_OF[name]} needed, ${available[name]} available`);
  const detail = [...(over.length > 0 ? ['is sold beyond its capacity already'] : []), ...figures].join('; ');
  return {
    hostname: host.hostname,
    verdict: 'REJECTED',
    codes,
    required,
    available,
    shortfall: shortfall(required, available),
    score: undefined,
    detail,
  };
}

const WORD_OF: Readonly<Record<ResourceName, string>> = {
  cpu: 'vCPUs',
  memoryKib: 'KiB of memory',
  ioKib: 'KiB of disk space',
};

/** All that is claimed on the host, were the guest of the given size. */
function claimedWith(fleet: FleetView, hostname: string, vmid: string, size: ClaimSize): Resources {
  const others = fleet.claimsOn(hostname).filter((claim) => claim.vmid !== vmid);
  return totalOf([...others, size]).claimed;
}
