// What an audit found on a host and no look mends by itself: claims that nobody holds are released, missing ones made, and
// copies of guests that were seen where they belong are given to the next look to be ended.

import { type Change, put, remove } from '../fleet/change.js';
import { type Claim, claimKey } from '../fleet/claim.js';
import { accept, type Command } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { Host, LeftBehind } from '../fleet/host.js';
import { claimSize } from '../policy/claim.js';
import { orphanedClaims, unclaimedOn } from '../policy/stray-claims.js';

export interface HostRepair {
  readonly hostname: string;
  /** UUIDs of guests whose domain is on this host, and which were just seen to run on the host that they are bound to. */
  readonly copies: ReadonlySet<string>;
}

export function repairHost({ hostname, copies }: HostRepair): Command<undefined> {
  return {
    name: 'repair-host',
    decide(fleet) {
      const host = fleet.get('host', hostname);
      if (host?.condition !== 'READY') return accept(undefined, []);
      return accept(undefined, [
        ...orphanedClaims(fleet, hostname).map(({ vmid }) => remove('claim', claimKey(hostname, vmid), 'RELEASED')),
        ...unclaimedOn(fleet, hostname).map((guest) => put('claim', claimOf(fleet, guest))),
        ...withCopies(fleet, host, copies),
      ]);
    },
  };
}

function claimOf(fleet: FleetView, guest: Guest): Claim {
  const { hostname, vmid } = guest;
  return { hostname, vmid, kind: 'GUEST', ...claimSize(guest, fleet.policy), revision: 0 };
}

/** Its disks are those of the guest where that runs, or nobody can tell: they stay. */
function withCopies(fleet: FleetView, host: Host, copies: ReadonlySet<string>): readonly Change[] {
  const known = new Set(host.leftBehind.map(({ uuid }) => uuid));
  const found = [...copies].flatMap((uuid): LeftBehind[] => {
    const guest = fleet.guestByUuid(uuid);
    const mayEnd = guest?.operation === '' && guest.hostname !== host.hostname && !known.has(uuid);
    return mayEnd ? [{ vmid: guest.vmid, uuid, marked: !guest.adopted, volumes: [] }] : [];
  });
  return found.length === 0 ? [] : [put('host', { ...host, leftBehind: [...host.leftBehind, ...found] })];
}
