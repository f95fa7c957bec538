// TerminateGuest and CancelOperation: what is asked to stop, what goes on, and what is given back in the end.

import assert from 'node:assert/strict';
import { cancelOperation } from '../../src/commands/cancel-operation.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { allocatable } from '../../src/fleet/host.js';
import { parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, fail, refused, succeed } from './decide.js';
import { cpuScaling, migration, submission } from './requests.js';

const on = (vmid: string) => ({ vmid, expectedRevision: 0 });

describe('TerminateGuest', () => {
  it('keeps every claim until the guest was seen gone, and then gives back all of it', () => {
    const fleet = readFleet('three-nodes');
    const claimed = fleet.claimed('node3');
    const { guest, operation } = accepted(fleet, terminateGuest(on('large')));
    assert.equal(guest.state, 'TERMINATING');
    assert.deepEqual(fleet.claimed('node3'), claimed);
    succeed(fleet, operation.name);
    const node3 = fleet.get('host', 'node3');
    assert.ok(node3);
    assert.deepEqual(fleet.available(node3), allocatable(node3));
    assert.equal(fleet.get('guest', 'large'), undefined);
  });

  it('supersedes a migration: that is asked to stop, and both hosts are free in the end', () => {
    const fleet = readFleet('three-nodes');
    const move = accepted(fleet, migrateGuest(migration('small', { destHost: 'node2' }))).operation;
    const { guest, operation } = accepted(fleet, terminateGuest(on('small')));
    assert.equal(guest.operation, operation.name);
    assert.equal(operation.notes.supersedes, move.name);
    const stopping = fleet.get('operation', move.name);
    assert.deepEqual([stopping?.state, stopping?.cancelRequested], ['CANCELLING', true]);
    fail(fleet, move.name, 'CANCELLED');
    assert.equal(fleet.get('guest', 'small')?.operation, operation.name);
    succeed(fleet, operation.name);
    assert.deepEqual(fleet.claimsOf('small'), []);
  });

  it('supersedes a creation, which then leaves the removal to it', () => {
    const fleet = readFleet('three-nodes');
    const create = accepted(fleet, submitGuest(submission('vm1'))).operation;
    const { operation } = accepted(fleet, terminateGuest(on('vm1')));
    fail(fleet, create.name, 'CANCELLED');
    assert.ok(fleet.get('guest', 'vm1'));
    succeed(fleet, operation.name);
    assert.equal(fleet.get('guest', 'vm1'), undefined);
    assert.deepEqual(fleet.claimsOf('vm1'), []);
  });

  it('stops the move of a scaling, too', () => {
    const fleet = parseFleet(`
      host | a | 2 | 8GiB | 100GiB |
      host | b | 8 | 8GiB | 100GiB |
      guest | g | a | 2/8 | 1GiB | 4GiB |`);
    const scaling = accepted(fleet, scaleCpu(cpuScaling('g', 4, { onNoRoom: 'MIGRATE_SELF' }))).operation;
    accepted(fleet, terminateGuest(on('g')));
    assert.ok(scaling.input.kind === 'SCALE_CPU' && scaling.input.move !== '');
    for (const name of [scaling.name, scaling.input.move])
      assert.equal(fleet.get('operation', name)?.cancelRequested, true);
  });

  it('asked twice, answers the first operation again', () => {
    const fleet = readFleet('three-nodes');
    const first = accepted(fleet, terminateGuest(on('small')));
    const revision = fleet.revision;
    const second = accepted(fleet, terminateGuest(on('small')));
    assert.equal(second.operation.name, first.operation.name);
    assert.equal(fleet.revision, revision);
  });

  it('takes guests of hosts that do not answer, and refuses what is not there or has changed', () => {
    const fleet = parseFleet('host | a | 4 | 8GiB | 9GiB | UNREACHABLE\nguest | g | a | 1 | 1GiB | 4GiB | UNKNOWN');
    accepted(fleet, terminateGuest(on('g')));
    refused(fleet, terminateGuest(on('nobody')), 'GUEST_NOT_FOUND');
    refused(fleet, terminateGuest({ vmid: 'g', expectedRevision: 99 }), 'STALE_REVISION');
  });
});

describe('CancelOperation', () => {
  it('marks an open operation once', () => {
    const fleet = readFleet('three-nodes');
    const { operation } = accepted(fleet, migrateGuest(migration('small', { destHost: 'node2' })));
    const cancelled = accepted(fleet, cancelOperation({ operation: operation.name }));
    assert.deepEqual([cancelled.state, cancelled.cancelRequested], ['CANCELLING', true]);
    const revision = fleet.revision;
    accepted(fleet, cancelOperation({ operation: operation.name }));
    assert.equal(fleet.revision, revision);
    // The claim on the target is held until the move has ended.
    assert.ok(fleet.get('claim', 'node2/small'));
    fail(fleet, operation.name, 'CANCELLED');
    assert.equal(fleet.get('claim', 'node2/small'), undefined);
    refused(fleet, cancelOperation({ operation: operation.name }), 'OPERATION_ENDED');
  });

  it('does not keep a guest that is being terminated', () => {
    const fleet = readFleet('three-nodes');
    const { operation } = accepted(fleet, terminateGuest(on('small')));
    refused(fleet, cancelOperation({ operation: operation.name }), 'NOT_CANCELLABLE');
    refused(fleet, cancelOperation({ operation: 'op-nothing' }), 'OPERATION_NOT_FOUND');
  });
});
