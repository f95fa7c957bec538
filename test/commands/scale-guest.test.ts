// ScaleCpu and ScaleMemory: claims first, releases only as seen, and a move where there is no room.

import assert from 'node:assert/strict';
import { advance } from '../../src/commands/operations/advance.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { scaleMemory } from '../../src/commands/scale-memory.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import type { Operation } from '../../src/fleet/operation.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, fail, refused, succeed } from './decide.js';
import { cpuScaling, memoryScaling } from './requests.js';

const SMALL = `
  policy | overhead=0+0
  host | a | 4 | 8GiB | 100GiB |
  host | b | 8 | 16GiB | 100GiB |
  pool | locked | SHARED locking | a b |
  guest | g | a | 2/8 | 2GiB/8GiB | 4GiB | pool=locked plugged=2 balloon=2GiB`;

/** g fills its host with what is plugged, but not with its memory. */
const CROWDED = `${SMALL}
  guest | other | a | 2 | 4GiB/4GiB | 4GiB | pool=locked plugged=2 balloon=2GiB`;

function moveOf({ input }: Operation): string {
  return 'move' in input ? input.move : '';
}

describe('ScaleCpu', () => {
  it('claims more before anything is done, and the guest is asked for it only once it is done', () => {
    const fleet = parseFleet(SMALL);
    const { guest, operation } = accepted(fleet, scaleCpu(cpuScaling('g', 4)));
    assert.equal(fleet.claimed('a').cpu, 4);
    assert.equal(operation.charged.cpu, 2);
    assert.equal(guest.currentCpu, 2);
    succeed(fleet, operation.name);
    assert.equal(fleet.get('guest', 'g')?.currentCpu, 4);
    assert.equal(fleet.claimed('a').cpu, 4);
  });

  it('gives back what it claimed if it fails', () => {
    const fleet = parseFleet(SMALL);
    const before = fleet.claimed('a');
    fail(fleet, accepted(fleet, scaleCpu(cpuScaling('g', 4))).operation.name);
    assert.deepEqual(fleet.claimed('a'), before);
    assert.equal(fleet.get('guest', 'g')?.currentCpu, 2);
  });

  it('keeps vCPUs claimed that are only offline in the guest', () => {
    const fleet = parseFleet(SMALL.replace('g | a | 2/8', 'g | a | 4/8').replace('plugged=2', 'plugged=4'));
    const { operation } = accepted(fleet, scaleCpu(cpuScaling('g', 1)));
    assert.equal(fleet.claimed('a').cpu, 4);
    const notes = { pluggedCpu: '4', onlineCpu: '1' };
    accepted(fleet, advance(operation.name, { notes }));
    fail(fleet, operation.name);
    assert.equal(fleet.claimed('a').cpu, 4);
  });

  it('does nothing, and says so, where the guest has what is asked for', () => {
    const fleet = parseFleet(SMALL);
    const { guest, operation } = accepted(fleet, scaleCpu(cpuScaling('g', 2)));
    assert.equal(operation.state, 'SUCCEEDED');
    assert.ok(operation.endedAt);
    assert.equal(fleet.get('operation', operation.name)?.state, 'SUCCEEDED');
    assert.equal(guest.operation, '');
  });

  it('refuses what the host has no room for, in figures', () => {
    const fleet = parseFleet(CROWDED);
    const { metadata, explanation } = refused(fleet, scaleCpu(cpuScaling('g', 3)), 'HOST_DOES_NOT_FIT');
    assert.deepEqual([metadata.required_cpu, metadata.available_cpu], ['1', '0']);
    assert.equal(explanation?.hosts[0]?.shortfall.cpu, 1);
  });

  it('moves the guest first where it may, and charges the target at the new size', () => {
    const fleet = parseFleet(CROWDED);
    const { guest, operation } = accepted(fleet, scaleCpu(cpuScaling('g', 3, { onNoRoom: 'MIGRATE_SELF' })));
    const move = fleet.get('operation', moveOf(operation));
    assert.equal(move?.parent, operation.name);
    assert.deepEqual(move.input.kind, 'MIGRATE_GUEST');
    assert.equal(guest.operation, operation.name);
    assert.equal(fleet.get('claim', 'b/g')?.resources.cpu, 3);
    assert.equal(fleet.get('claim', 'a/g')?.resources.cpu, 2);
    succeed(fleet, move.name);
    // The whole is not done with its part.
    assert.equal(fleet.get('guest', 'g')?.operation, operation.name);
    succeed(fleet, operation.name);
    const after = fleet.get('guest', 'g');
    assert.deepEqual([after?.hostname, after?.currentCpu, after?.state, after?.operation], ['b', 3, 'RUNNING', '']);
    assert.equal(fleet.claimed('a').cpu, 2);
    assert.equal(fleet.claimed('b').cpu, 3);
  });

  it('leaves everything as it was where the move fails', () => {
    const fleet = parseFleet(CROWDED);
    const before = [fleet.claimed('a'), fleet.claimed('b')];
    const { operation } = accepted(fleet, scaleCpu(cpuScaling('g', 3, { onNoRoom: 'MIGRATE_SELF' })));
    fail(fleet, moveOf(operation));
    fail(fleet, operation.name);
    assert.deepEqual([fleet.claimed('a'), fleet.claimed('b')], before);
    assert.deepEqual([fleet.get('guest', 'g')?.state, fleet.get('guest', 'g')?.currentCpu], ['RUNNING', 2]);
  });

  it('refuses with every host where it may move and none fits', () => {
    const fleet = parseFleet(CROWDED.replace('host | b | 8', 'host | b | 2'));
    const { explanation } = refused(fleet, scaleCpu(cpuScaling('g', 3, { onNoRoom: 'MIGRATE_SELF' })), 'NO_HOST_FITS');
    assert.equal(explanation?.hosts.length, 2);
  });

  it('refuses numbers that the guest cannot have', () => {
    const fleet = parseFleet(SMALL);
    for (const cpu of [0, -1, 9, 1.5, Number.NaN, 2 ** 53]) {
      const { violations } = refused(fleet, scaleCpu(cpuScaling('g', cpu)), 'INVALID_FIELDS');
      assert.deepEqual(
        violations.map((violation) => violation.field),
        ['cpu'],
      );
    }
    refused(fleet, scaleCpu(cpuScaling('g', 3, { hostname: 'b' })), 'WRONG_HOST');
    refused(fleet, scaleCpu(cpuScaling('nobody', 3)), 'GUEST_NOT_FOUND');
    refused(parseFleet(SMALL.replace('plugged=2', 'PAUSED plugged=2')), scaleCpu(cpuScaling('g', 3)), 'GUEST_STATE');
    accepted(fleet, terminateGuest({ vmid: 'g', expectedRevision: 0 }));
    refused(fleet, scaleCpu(cpuScaling('g', 3)), 'GUEST_BUSY');
  });
});

describe('ScaleMemory', () => {
  it('claims the growth, out of what was kept free for a retake', () => {
    const fleet = parseFleet(SMALL);
    // 2 GiB claimed and 6 kept free, of 8: there is nothing left, and yet the guest may have it.
    assert.equal(fleet.claimed('a').memoryKib, kib('8GiB'));
    const { operation } = accepted(fleet, scaleMemory(memoryScaling('g', '6GiB')));
    const claim = fleet.get('claim', 'a/g');
    assert.deepEqual([claim?.resources.memoryKib, claim?.retakeKib], [kib('6GiB'), kib('2GiB')]);
    assert.equal(operation.charged.memoryKib, kib('4GiB'));
    succeed(fleet, operation.name);
    assert.deepEqual(fleet.get('claim', 'a/g')?.resources.memoryKib, kib('6GiB'));
  });

  it('releases what is given back only when it was seen', () => {
    const fleet = parseFleet(SMALL);
    const { operation } = accepted(fleet, scaleMemory(memoryScaling('g', '1GiB')));
    assert.equal(fleet.get('claim', 'a/g')?.resources.memoryKib, kib('2GiB'));
    succeed(fleet, operation.name);
    const claim = fleet.get('claim', 'a/g');
    assert.deepEqual([claim?.resources.memoryKib, claim?.retakeKib], [kib('1GiB'), kib('7GiB')]);
  });

  it('gives back only as much as came, where it fails half way', () => {
    const fleet = parseFleet(SMALL);
    const { operation } = accepted(fleet, scaleMemory(memoryScaling('g', '1GiB')));
    const notes = { balloonKib: String(kib('1.5GiB')) };
    accepted(fleet, advance(operation.name, { notes }));
    fail(fleet, operation.name);
    // Asked for is 2 GiB again, and it may take that at any moment.
    assert.equal(fleet.get('guest', 'g')?.currentMemoryKib, kib('2GiB'));
    assert.equal(fleet.get('claim', 'a/g')?.resources.memoryKib, kib('2GiB'));
  });

  it('counts what only one guest at a time could retake', () => {
    const fleet = readFleet('shrunk');
    // a grows to its maximum: 6 + 2 GiB claimed, and b's 6 kept free: the 14 of node1.
    const { operation } = accepted(fleet, scaleMemory(memoryScaling('a', '6GiB')));
    assert.equal(fleet.claimed('node1').memoryKib, kib('14GiB'));
    assert.equal(operation.charged.memoryKib, kib('4GiB'));
    // b can still have all of what is kept for it.
    accepted(fleet, scaleMemory(memoryScaling('b', '8GiB')));
    assert.equal(fleet.claimed('node1').memoryKib, kib('14GiB'));
  });

  it('refuses what no guest can live with, and more than this one may have', () => {
    const fleet = parseFleet(SMALL);
    for (const memory of ['0', '1MiB', '9GiB', '0.5']) {
      const { violations } = refused(fleet, scaleMemory(memoryScaling('g', memory)), 'INVALID_FIELDS');
      assert.deepEqual(
        violations.map((violation) => violation.field),
        ['memory_kib'],
      );
    }
  });
});
