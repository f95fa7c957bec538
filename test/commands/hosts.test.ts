// Registering, updating, cordoning and removing hosts.

import assert from 'node:assert/strict';
import { cordonHost } from '../../src/commands/cordon-host.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { advance } from '../../src/commands/operations/advance.js';
import { type RegisterHostRequest, registerHost } from '../../src/commands/register-host.js';
import { removeHost } from '../../src/commands/remove-host.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { uncordonHost } from '../../src/commands/uncordon-host.js';
import { type UpdateHostRequest, updateHost } from '../../src/commands/update-host.js';
import { RECIPES } from '../../src/operations/recipes.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, fail, refused, succeed } from './decide.js';
import { migration, submission } from './requests.js';

const [FACTS] = [...parseFleet('host | x | 8 | 16GiB | 1GiB | uuid=machine-x').all('host')].map(
  (host) => host.observed,
);

function registration(hostname: string, more: Partial<RegisterHostRequest> = {}): RegisterHostRequest {
  assert.ok(FACTS);
  return {
    hostname,
    ipAddress: '10.0.0.9',
    uri: 'qemu+tls://10.0.0.9/system',
    migrationUri: 'qemu+tls://10.0.0.9/system',
    capacity: { ioKib: kib('100GiB') },
    ratios: {},
    reserve: {},
    maxIoKibPerS: 0,
    labels: {},
    zone: '',
    facts: FACTS,
    ...more,
  };
}

function update(hostname: string, more: Partial<UpdateHostRequest> = {}): UpdateHostRequest {
  return {
    hostname,
    expectedRevision: 0,
    ipAddress: undefined,
    uri: undefined,
    migrationUri: undefined,
    capacity: {},
    ratios: {},
    reserve: {},
    maxIoKibPerS: undefined,
    setLabels: {},
    removeLabels: [],
    zone: undefined,
    ...more,
  };
}

const on = (hostname: string) => ({ hostname, expectedRevision: 0 });

describe('RegisterHost', () => {
  it('takes what is declared, and what was observed for the rest', () => {
    const fleet = parseFleet('policy |');
    const host = accepted(
      fleet,
      registerHost(registration('x', { capacity: { cpu: 4, ioKib: 5 }, reserve: { cpu: 1 } })),
    );
    assert.deepEqual(host.capacity, { cpu: 4, memoryKib: kib('16GiB'), ioKib: 5 });
    assert.deepEqual(host.reserve, { cpu: 1, memoryKib: 0, ioKib: 0 });
    assert.deepEqual([host.condition, host.adminState, host.observed], ['READY', 'AVAILABLE', FACTS]);
  });

  it('refuses the same name, and the same machine under another', () => {
    const fleet = parseFleet('host | x | 8 | 16GiB | 1GiB | uuid=machine-x');
    refused(fleet, registerHost(registration('x')), 'HOST_EXISTS');
    assert.equal(refused(fleet, registerHost(registration('y')), 'SAME_MACHINE').metadata.other, 'x');
  });

  it('lists every figure that is none', () => {
    const { violations } = refused(
      parseFleet('policy |'),
      registerHost(
        registration('x', {
          capacity: { cpu: 5_000, memoryKib: -1 },
          ratios: { cpu: 0, memoryKib: Number.NaN, ioKib: 65 },
          reserve: { ioKib: 0.5 },
          maxIoKibPerS: -1,
          labels: { a: 'x'.repeat(64) },
        }),
      ),
      'INVALID_FIELDS',
    );
    assert.deepEqual(
      violations.map((violation) => violation.field),
      [
        'max_cpu',
        'max_memory_kib',
        'max_io_kib',
        'ratios.cpu',
        'ratios.memory_kib',
        'ratios.io_kib',
        'reserve.io_kib',
        'max_io_kib_per_s',
        'labels',
      ],
    );
  });
});

describe('UpdateHost', () => {
  it('changes what is given and leaves the rest', () => {
    const fleet = parseFleet('host | x | 8 | 16GiB | 1GiB | labels=a:1,b:2 zone=z');
    const host = accepted(
      fleet,
      updateHost(
        update('x', { capacity: { cpu: 4 }, ratios: { cpu: 2 }, setLabels: { c: '3' }, removeLabels: ['a', 'no'] }),
      ),
    );
    assert.deepEqual([host.capacity.cpu, host.capacity.memoryKib, host.ratios.cpu], [4, kib('16GiB'), 2]);
    assert.deepEqual([host.labels, host.zone], [{ b: '2', c: '3' }, 'z']);
  });

  it('forgets what was seen at an address that it leaves', () => {
    const fleet = parseFleet('host | x | 8 | 16GiB | 1GiB |');
    const host = accepted(fleet, updateHost(update('x', { uri: 'qemu+tls://10.0.0.8/system' })));
    assert.deepEqual([host.condition, host.observed], ['UNREACHABLE', undefined]);
  });

  it('takes less than is claimed: the host is over and takes nothing', () => {
    const fleet = readFleet('three-nodes');
    accepted(fleet, updateHost(update('node3', { capacity: { cpu: 4 } })));
    const { explanation } = refused(fleet, submitGuest(submission('vm1', { cpu: 8 })), 'NO_HOST_FITS');
    const codes = explanation?.hosts.find((host) => host.hostname === 'node3')?.codes;
    assert.deepEqual(codes, ['HOST_OVERCOMMITTED', 'INSUFFICIENT_CPU']);
  });

  it('refuses a key that is set and removed, and a revision that is past', () => {
    const fleet = readFleet('three-nodes');
    refused(fleet, updateHost(update('node1', { setLabels: { a: '1' }, removeLabels: ['a'] })), 'INVALID_FIELDS');
    refused(fleet, updateHost(update('node1', { expectedRevision: 99 })), 'STALE_REVISION');
    refused(fleet, updateHost(update('nowhere')), 'HOST_NOT_FOUND');
  });
});

describe('CordonHost and UncordonHost', () => {
  it('keep new guests away and let them come again, each only once', () => {
    const fleet = readFleet('last-slot');
    accepted(fleet, cordonHost(on('node2')));
    refused(fleet, submitGuest(submission('vm1')), 'NO_HOST_FITS');
    const revision = fleet.revision;
    assert.equal(accepted(fleet, cordonHost(on('node2'))).adminState, 'CORDONED');
    assert.equal(fleet.revision, revision);
    accepted(fleet, uncordonHost(on('node2')));
    accepted(fleet, uncordonHost(on('node2')));
    assert.equal(fleet.revision, revision + 1);
    accepted(fleet, submitGuest(submission('vm1')));
    refused(fleet, cordonHost({ hostname: 'node1', expectedRevision: 99 }), 'STALE_REVISION');
    refused(fleet, uncordonHost(on('nowhere')), 'HOST_NOT_FOUND');
  });
});

describe('RemoveHost', () => {
  it('refuses while guests are there, are coming, or the host exports a pool', () => {
    const fleet = parseFleet(`
      host | a | 4 | 8GiB | 100GiB |
      host | b | 4 | 8GiB | 100GiB |
      host | c | 4 | 8GiB | 100GiB |
      pool | shared | SHARED | a b c | exported=c
      guest | g | a | 1 | 1GiB | 4GiB | pool=shared`);
    assert.equal(refused(fleet, removeHost(on('a')), 'HOST_HAS_GUESTS').metadata.vmids, 'g');
    const { operation } = accepted(fleet, migrateGuest(migration('g', { destHost: 'b' })));
    assert.equal(refused(fleet, removeHost(on('b')), 'HOST_IN_USE').metadata.vmids, 'g');
    assert.equal(refused(fleet, removeHost(on('c')), 'HOST_IN_USE').metadata.pool, 'shared');
    fail(fleet, operation.name);
    accepted(fleet, removeHost(on('b')));
    assert.deepEqual(fleet.get('pool', 'shared')?.hosts, ['a', 'c']);
    refused(fleet, removeHost(on('b')), 'HOST_NOT_FOUND');
  });

  it('refuses while something of a guest that moved away is still to be cleared there', () => {
    const fleet = parseFleet(`
      host | a | 4 | 8GiB | 100GiB |
      host | b | 4 | 8GiB | 100GiB |
      pool | local | LOCAL | a b
      guest | g | a | 1 | 1GiB | 4GiB | pool=local`);
    const { operation } = accepted(fleet, migrateGuest(migration('g', { destHost: 'b' })));
    for (const step of RECIPES.MIGRATE_GUEST.steps) {
      accepted(fleet, advance(operation.name, { state: 'RUNNING', step: step.name }, step.intent));
    }
    assert.deepEqual(fleet.guestsOn('a'), []);
    assert.equal(refused(fleet, removeHost(on('a')), 'HOST_IN_USE').metadata.operation, operation.name);
    succeed(fleet, operation.name);
    accepted(fleet, removeHost(on('a')));
  });
});
