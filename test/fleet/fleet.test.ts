// The fleet's indexes and memos against a recount of everything, over random changes and their undoing.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Change, type ChangeOf, type EntityKind, put, remove } from '../../src/fleet/change.js';
import { totalOf } from '../../src/fleet/claim.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import { spaceOn } from '../../src/fleet/guest.js';
import { allocatable } from '../../src/fleet/host.js';
import { subtract } from '../../src/fleet/resources.js';
import { parseFleet } from '../fleets/parse.js';

const HOSTS = ['a', 'b', 'c'];
const VMIDS = ['g', 'h', 'i'];

/** Entities to take changes from. */
const STOCK = parseFleet(`
  host | a | 8 | 8GiB | 9GiB |
  host | b | 4 | 4GiB | 9GiB |
  host | c | 2 | 2GiB | 9GiB |
  pool | local | LOCAL | a b c |
  pool | shared | SHARED | a b c |
  guest | g | a | 1 | 1GiB | 1GiB | pool=shared
  guest | h | b | 2 | 1GiB/2GiB | 3GiB | pool=shared balloon=1GiB
  guest | i | a | 3 | 1GiB/4GiB | 2GiB | pool=local balloon=1GiB foreign-disk`);

function stock<K extends 'host' | 'guest'>(kind: K, key: string) {
  const entity = STOCK.get(kind, key);
  assert.ok(entity);
  return entity;
}

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...HOSTS), fc.nat(16))
    .map(([name, cpu]) => put('host', { ...stock('host', name), capacity: { cpu, memoryKib: 1, ioKib: 1 } })),
  fc.constantFrom(...HOSTS).map((name) => remove('host', name, 'REMOVED')),
  fc
    .tuple(fc.constantFrom(...VMIDS), fc.constantFrom(...HOSTS), fc.nat(9))
    .map(([vmid, hostname, ioKib]) => put('guest', { ...stock('guest', vmid), hostname, ioKib })),
  fc.constantFrom(...VMIDS).map((vmid) => remove('guest', vmid, 'TERMINATED')),
  fc
    .tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...VMIDS), fc.nat(9), fc.nat(9))
    .map(([hostname, vmid, cpu, retakeKib]) =>
      put('claim', {
        hostname,
        vmid,
        kind: 'GUEST',
        resources: { cpu, memoryKib: cpu, ioKib: cpu },
        retakeKib,
        revision: 0,
      }),
    ),
  fc
    .tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...VMIDS))
    .map(([hostname, vmid]) => remove('claim', `${hostname}/${vmid}`, 'RELEASED')),
  fc.tuple(fc.constantFrom(...HOSTS), fc.boolean()).map(([hostname, there]) => {
    const image = {
      pool: 'local',
      hostname,
      name: 'debian',
      format: 'raw',
      sizeBytes: 1,
      virtualKib: 1,
      sha256: '',
    } as const;
    return there ? put('image', { ...image, revision: 0 }) : remove('image', `local/${hostname}/debian`, 'REMOVED');
  }),
);

/** Everything that is computed, in a form that can be compared. */
function computed(fleet: Fleet): unknown {
  return {
    hosts: [...fleet.all('host')]
      .map((host) => ({ name: host.hostname, room: fleet.room(host), claimed: fleet.claimed(host.hostname) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    guests: HOSTS.map((hostname) =>
      fleet
        .guestsOn(hostname)
        .map((guest) => guest.vmid)
        .sort(),
    ),
    claims: VMIDS.map((vmid) =>
      fleet
        .claimsOf(vmid)
        .map((claim) => claim.hostname)
        .sort(),
    ),
    pools: ['local', 'shared'].map((pool) => fleet.poolUsedKib(pool)),
    images: [...fleet.imageCopies('local', 'debian').keys()].sort(),
    uuids: VMIDS.map((vmid) => fleet.guestByUuid(stock('guest', vmid).uuid)?.vmid),
  };
}

function recount(fleet: Fleet): unknown {
  const guests = [...fleet.all('guest')];
  const claims = [...fleet.all('claim')];
  const on = (hostname: string) => totalOf(claims.filter((claim) => claim.hostname === hostname));
  return {
    hosts: [...fleet.all('host')]
      .map((host) => {
        const { claimed, greatestRetakeKib } = on(host.hostname);
        const available = subtract(allocatable(host), claimed);
        const isOver = Object.values(available).some((amount) => amount < 0);
        const room = { allocatable: allocatable(host), available, greatestRetakeKib, isOver };
        return { name: host.hostname, room, claimed };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    guests: HOSTS.map((name) =>
      guests
        .filter((guest) => guest.hostname === name)
        .map((guest) => guest.vmid)
        .sort(),
    ),
    claims: VMIDS.map((vmid) =>
      claims
        .filter((claim) => claim.vmid === vmid)
        .map((claim) => claim.hostname)
        .sort(),
    ),
    pools: ['local', 'shared'].map((pool) => guests.reduce((sum, guest) => sum + spaceOn(guest, pool), 0)),
    images: [...fleet.all('image')].map((image) => image.hostname).sort(),
    uuids: VMIDS.map((vmid) => fleet.get('guest', vmid)?.vmid),
  };
}

describe('the fleet in memory', () => {
  it('computes what a recount of all entities gives, after every change and every undoing', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 30 }), fc.nat(30), (sequence, undone) => {
        const fleet = parseFleet('policy |');
        const inverses: ChangeOf<EntityKind>[] = [];
        for (const change of sequence) {
          inverses.push(fleet.apply(change));
          assert.deepEqual(computed(fleet), recount(fleet));
        }
        for (const inverse of inverses.reverse().slice(0, undone)) {
          fleet.apply(inverse);
          assert.deepEqual(computed(fleet), recount(fleet));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('undoes to exactly what it was', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 15 }), fc.array(changes, { maxLength: 15 }), (before, after) => {
        const fleet = parseFleet('policy |');
        fleet.applyAll(before);
        const was = computed(fleet);
        const inverses = after.map((change) => fleet.apply(change as ChangeOf<EntityKind>));
        for (const inverse of inverses.reverse()) fleet.apply(inverse);
        assert.deepEqual(computed(fleet), was);
      }),
    );
  });

  it('keeps nothing of a host as it might be', () => {
    const fleet = parseFleet('host | a | 8 | 8GiB | 9GiB |');
    const host = fleet.get('host', 'a');
    assert.ok(host);
    const larger = { ...host, capacity: { ...host.capacity, cpu: 16 } };
    assert.equal(fleet.available(larger).cpu, 16);
    const resources = { cpu: 3, memoryKib: 0, ioKib: 0 };
    fleet.applyAll([put('claim', { hostname: 'a', vmid: 'g', kind: 'GUEST', resources, retakeKib: 0, revision: 0 })]);
    assert.deepEqual([fleet.available(larger).cpu, fleet.available(host).cpu], [13, 5]);
  });
});
