// MigrateGuest: both hosts held, the way it travels, and what stands against it.

import assert from 'node:assert/strict';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import type { Operation, OperationInput } from '../../src/fleet/operation.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, fail, PLAIN_MOVE, refused, succeed } from './decide.js';
import { migration } from './requests.js';

type Migration = Extract<OperationInput, { kind: 'MIGRATE_GUEST' }>;

function inputOf({ input }: Operation): Migration {
  assert.equal(input.kind, 'MIGRATE_GUEST');
  return input;
}

const POOLS = `
  host | a | 8 | 16GiB | 100GiB |
  host | b | 8 | 16GiB | 100GiB |
  pool | local  | LOCAL | a b |
  pool | shared | SHARED | a b |
  pool | locked | SHARED locking | a b |
  image | local | a | debian | 1GiB sha=aa
  image | local | b | debian | 1GiB sha=aa
  guest | on-local  | a | 1 | 1GiB | 4GiB | pool=local image=debian
  guest | on-shared | a | 1 | 1GiB | 4GiB | pool=shared
  guest | on-locked | a | 1 | 1GiB | 4GiB | pool=locked
  guest | diskless  | a | 1 | 1GiB | 0 |
  guest | paused    | a | 1 | 1GiB | 4GiB | PAUSED pool=locked`;

describe('MigrateGuest', () => {
  it('holds the target beside the source until it ends, and then only where the guest is', () => {
    const fleet = readFleet('three-nodes');
    const held = fleet.get('claim', 'node1/medium')?.resources;
    const { guest, operation } = accepted(fleet, migrateGuest(migration('medium', { destHost: 'node3' })));
    assert.equal(guest.state, 'MIGRATING');
    assert.equal(guest.hostname, 'node1');
    assert.deepEqual(fleet.get('claim', 'node3/medium')?.resources, held);
    assert.equal(fleet.get('claim', 'node3/medium')?.kind, 'INCOMING');
    assert.deepEqual(operation.charged, held);
    succeed(fleet, operation.name);
    assert.equal(fleet.get('guest', 'medium')?.hostname, 'node3');
    assert.deepEqual(
      fleet.claimsOf('medium').map((claim) => [claim.hostname, claim.kind]),
      [['node3', 'GUEST']],
    );
    assert.deepEqual(fleet.get('claim', 'node3/medium')?.resources, held);
  });

  it('leaves the books as they were if it fails', () => {
    const fleet = readFleet('three-nodes');
    const before = [...fleet.all('host')].map((host) => fleet.claimed(host.hostname));
    const { operation } = accepted(fleet, migrateGuest(migration('medium', { destHost: 'node3' })));
    fail(fleet, operation.name);
    assert.deepEqual(
      [...fleet.all('host')].map((host) => fleet.claimed(host.hostname)),
      before,
    );
    assert.equal(fleet.get('guest', 'medium')?.state, 'RUNNING');
  });

  it('carries along what the guest could retake', () => {
    const fleet = readFleet('shrunk');
    const { operation } = accepted(fleet, migrateGuest(migration('b')));
    const incoming = fleet.get('claim', 'node2/b');
    assert.deepEqual([incoming?.resources.memoryKib, incoming?.retakeKib], [kib('2GiB'), kib('6GiB')]);
    succeed(fleet, operation.name);
    assert.equal(fleet.greatestRetakeKib('node1'), kib('4GiB'));
    assert.equal(fleet.greatestRetakeKib('node2'), kib('6GiB'));
  });

  it('chooses the best host where none is named', () => {
    const { operation } = accepted(readFleet('three-nodes'), migrateGuest(migration('small')));
    assert.equal(inputOf(operation).destHost, operation.decision?.winner);
    assert.notEqual(inputOf(operation).destHost, 'node1');
  });

  it('copies disks of LOCAL pools, and trusts only declared locks', () => {
    const fleet = parseFleet(POOLS);
    const way = (vmid: string) => {
      const { copyStorage, arrivesPaused } = inputOf(accepted(fleet, migrateGuest(migration(vmid))).operation);
      return { copyStorage, arrivesPaused };
    };
    assert.deepEqual(way('on-local'), { copyStorage: true, arrivesPaused: true });
    assert.deepEqual(way('on-shared'), { copyStorage: false, arrivesPaused: true });
    assert.deepEqual(way('on-locked'), { copyStorage: false, arrivesPaused: false });
    assert.deepEqual(way('diskless'), { copyStorage: false, arrivesPaused: true });
  });

  it('remembers that the guest was paused by its user', () => {
    assert.equal(inputOf(accepted(parseFleet(POOLS), migrateGuest(migration('paused'))).operation).wasPaused, true);
  });

  it('copies an overlay only onto the very same base image', () => {
    const fleet = parseFleet(POOLS.replace('b | debian | 1GiB sha=aa', 'b | debian | 1GiB sha=bb'));
    const { explanation } = refused(fleet, migrateGuest(migration('on-local')), 'NO_HOST_FITS');
    assert.deepEqual(explanation?.hosts.find((host) => host.hostname === 'b')?.codes, ['BASE_IMAGE_MISSING']);
  });

  it('allows post-copy only where every disk is locked', () => {
    const policy = { onTimeout: 'POSTCOPY' as const };
    const fleet = parseFleet(POOLS);
    for (const vmid of ['on-local', 'on-shared', 'diskless']) {
      refused(fleet, migrateGuest(migration(vmid, { policy })), 'MIGRATION_IMPOSSIBLE');
    }
    assert.equal(
      inputOf(accepted(fleet, migrateGuest(migration('on-locked', { policy }))).operation).policy.onTimeout,
      'POSTCOPY',
    );
  });

  it('fills in the policy, and refuses figures that are none', () => {
    const fleet = parseFleet(POOLS);
    const { policy } = inputOf(
      accepted(fleet, migrateGuest(migration('on-locked', { policy: { maxDowntimeMs: 50 } }))).operation,
    );
    assert.deepEqual(policy, {
      bandwidthMibPerS: 0,
      maxDowntimeMs: 50,
      completionTimeoutS: 600,
      onTimeout: 'ABORT',
      autoConverge: true,
      stallTimeoutS: 60,
    });
    const wrong = { bandwidthMibPerS: -1, maxDowntimeMs: Number.NaN, completionTimeoutS: -5, stallTimeoutS: 1e9 };
    const { violations } = refused(fleet, migrateGuest(migration('on-shared', { policy: wrong })), 'INVALID_FIELDS');
    assert.equal(violations.length, 4);
  });

  it('refuses a named host in its own figures', () => {
    const fleet = readFleet('three-nodes');
    const { metadata, explanation } = refused(
      fleet,
      migrateGuest(migration('large', { destHost: 'node2' })),
      'HOST_DOES_NOT_FIT',
    );
    assert.equal(metadata.codes, 'INSUFFICIENT_CPU, INSUFFICIENT_MEMORY');
    assert.equal(explanation?.hosts[0]?.shortfall.cpu, 5);
    refused(fleet, migrateGuest(migration('large', { destHost: 'nowhere' })), 'HOST_NOT_FOUND');
    refused(fleet, migrateGuest(migration('large', { destHost: 'node3' })), 'SAME_MACHINE');
  });

  it('refuses the same machine under another name', () => {
    const text =
      'host | a | 4 | 8GiB | 9GiB | uuid=m\nhost | b | 4 | 8GiB | 9GiB | uuid=m\nguest | g | a | 1 | 1GiB | 1GiB |';
    refused(parseFleet(text), migrateGuest(migration('g', { destHost: 'b' })), 'SAME_MACHINE');
    refused(parseFleet(text), migrateGuest(migration('g')), 'NO_HOST_FITS');
  });

  it('refuses a host that has a domain of the name already', () => {
    const fleet = parseFleet(`
      host | a | 8 | 16GiB | 100GiB |
      host | b | 8 | 16GiB | 100GiB |
      guest | web   | a | 1 | 1GiB | 1GiB |
      guest | web-2 | b | 1 | 1GiB | 1GiB | domain=web`);
    const { message } = refused(fleet, migrateGuest(migration('web', { destHost: 'b' })), 'HOST_DOES_NOT_FIT');
    assert.match(message, /has a domain named web already \(guest web-2\)/);
  });

  it('refuses what cannot leave, what is elsewhere, and what is not there', () => {
    const fleet = parseFleet(POOLS);
    const traits = { ...PLAIN_TRAITS, hostDevices: ['pci 0000:01:00.0'] };
    const facts = { ...PLAIN_MOVE, traits };
    const { metadata } = refused(fleet, migrateGuest(migration('on-locked', { facts })), 'MIGRATION_IMPOSSIBLE');
    assert.match(metadata.host_devices ?? '', /pci 0000:01:00.0/);
    refused(fleet, migrateGuest(migration('on-locked', { sourceHost: 'b' })), 'WRONG_HOST');
    refused(fleet, migrateGuest(migration('nobody')), 'GUEST_NOT_FOUND');
    accepted(fleet, migrateGuest(migration('on-locked')));
    refused(fleet, migrateGuest(migration('on-locked')), 'GUEST_BUSY');
  });
});
