// Room for more of a guest on its own host, with retakes counted as the fleet counts them.

import assert from 'node:assert/strict';
import type { Fleet } from '../../src/fleet/fleet.js';
import { withCpu, withMemory } from '../../src/policy/claim.js';
import { noRoom } from '../../src/policy/room.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';

function parts(fleet: Fleet, vmid: string) {
  const guest = fleet.get('guest', vmid);
  const host = fleet.get('host', guest?.hostname ?? '');
  const claim = fleet.get('claim', `${guest?.hostname}/${vmid}`);
  assert.ok(guest && host && claim);
  return { guest, host, claim };
}

describe('room on a host', () => {
  it('is there for what the guest could retake anyway', () => {
    const fleet = readFleet('shrunk');
    const { guest, host, claim } = parts(fleet, 'b');
    // Of 14 GiB 4 are claimed and 6 kept for b, the greediest: it grows into those, and then only a's 4 are to be kept.
    assert.equal(noRoom(fleet, host, guest, withMemory(claim, kib('8GiB'), fleet.policy)), undefined);
  });

  it('is short by what the others leave, in figures', () => {
    const fleet = parseFleet(`
      policy | overhead=0+0
      host | node1 | 4 | 8GiB | 100GiB |
      guest | a | node1 | 2/8 | 2GiB/8GiB | 4GiB | balloon=2GiB plugged=2
      guest | b | node1 | 1/8 | 1GiB/4GiB | 4GiB | balloon=1GiB plugged=1`);
    // The host is over already: 3 GiB claimed, 6 GiB kept free. Then nothing grows, and vCPUs do not either.
    const { guest, host, claim } = parts(fleet, 'b');
    const codes = noRoom(fleet, host, guest, withCpu(claim, 2))?.codes;
    assert.deepEqual(codes, ['HOST_OVERCOMMITTED']);
    const both = noRoom(fleet, host, guest, withCpu(claim, 3));
    assert.deepEqual(both?.codes, ['HOST_OVERCOMMITTED', 'INSUFFICIENT_CPU']);
    assert.deepEqual(both.required, { cpu: 2, memoryKib: 0, ioKib: 0 });
    assert.equal(both.shortfall.cpu, 1);
    assert.match(both.detail, /2 more vCPUs needed, 1 available/);
  });

  it('is no matter for a guest that does not grow, even on a host that is over', () => {
    const fleet = parseFleet('host | node1 | 1 | 1GiB | 1GiB |\nguest | a | node1 | 4/8 | 1GiB | 4GiB |');
    const { guest, host, claim } = parts(fleet, 'a');
    assert.equal(noRoom(fleet, host, guest, withCpu(claim, 2)), undefined);
  });
});
