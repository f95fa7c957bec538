// Pools, base images and base guests: what may be declared, and what is kept because somebody uses it.

import assert from 'node:assert/strict';
import { addImage, imageRefusal } from '../../src/commands/add-image.js';
import { deleteBaseGuest } from '../../src/commands/delete-base-guest.js';
import { type ImportBaseGuestRequest, importBaseGuest } from '../../src/commands/import-base-guest.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { type RegisterPoolRequest, registerPool } from '../../src/commands/register-pool.js';
import { removePool } from '../../src/commands/remove-pool.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { type UpdatePoolRequest, updatePool } from '../../src/commands/update-pool.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, refused, succeed } from './decide.js';
import { migration, submission } from './requests.js';

function pool(name: string, more: Partial<RegisterPoolRequest> = {}): RegisterPoolRequest {
  return { name, kind: 'SHARED', locking: false, hosts: ['node1', 'node2'], capacityKib: 0, exportedBy: '', ...more };
}

function poolUpdate(name: string, more: Partial<UpdatePoolRequest> = {}): UpdatePoolRequest {
  return {
    name,
    expectedRevision: 0,
    addHosts: [],
    removeHosts: [],
    locking: undefined,
    capacityKib: undefined,
    exportedBy: undefined,
    ...more,
  };
}

const SHA = 'a'.repeat(64);
const image = {
  pool: 'local',
  hostname: 'a',
  name: 'debian',
  format: 'qcow2',
  sizeBytes: 1,
  virtualKib: 1,
  sha256: SHA,
} as const;

describe('pools', () => {
  it('are registered once, on hosts that exist', () => {
    const fleet = readFleet('three-nodes');
    assert.equal(accepted(fleet, registerPool(pool('fast', { locking: true, capacityKib: 5 }))).locking, true);
    refused(fleet, registerPool(pool('fast')), 'POOL_EXISTS');
    const { metadata } = refused(fleet, registerPool(pool('slow', { hosts: ['node1', 'x', 'y'] })), 'HOST_NOT_FOUND');
    assert.equal(metadata.hostname, 'x, y');
    refused(fleet, registerPool(pool('slow', { exportedBy: 'x' })), 'HOST_NOT_FOUND');
  });

  it('of one host each are not locked, measured or exported', () => {
    const wrong = {
      kind: 'LOCAL',
      locking: true,
      capacityKib: 5,
      exportedBy: 'node1',
      hosts: ['node1', 'node1'],
    } as const;
    const { violations } = refused(readFleet('three-nodes'), registerPool(pool('local', wrong)), 'INVALID_FIELDS');
    assert.deepEqual(
      violations.map((violation) => violation.field),
      ['hostnames', 'locking', 'capacity_kib', 'exported_by'],
    );
  });

  it('are changed, but not from under their guests', () => {
    const fleet = readFleet('three-nodes');
    refused(fleet, updatePool(poolUpdate('shared', { removeHosts: ['node1'] })), 'POOL_IN_USE');
    assert.equal(
      refused(fleet, updatePool(poolUpdate('shared', { capacityKib: 1 })), 'POOL_IN_USE').metadata.used_kib,
      `${kib('54GiB')}`,
    );
    const after = accepted(
      fleet,
      updatePool(poolUpdate('shared', { removeHosts: ['node2', 'x'], capacityKib: kib('54GiB'), locking: true })),
    );
    assert.deepEqual([after.hosts, after.capacityKib, after.locking], [['node1', 'node3'], kib('54GiB'), true]);
    assert.deepEqual(accepted(fleet, updatePool(poolUpdate('shared', { addHosts: ['node1', 'node2'] }))).hosts, [
      'node1',
      'node3',
      'node2',
    ]);
    refused(fleet, updatePool(poolUpdate('shared', { expectedRevision: 1 })), 'STALE_REVISION');
    refused(fleet, updatePool(poolUpdate('nowhere')), 'POOL_NOT_FOUND');
  });

  it('are counted once over all their hosts', () => {
    const fleet = readFleet('three-nodes');
    accepted(fleet, updatePool(poolUpdate('shared', { capacityKib: kib('60GiB') })));
    accepted(fleet, submitGuest(submission('vm1', { ioKib: kib('6GiB') })));
    const { explanation } = refused(fleet, submitGuest(submission('vm2')), 'NO_HOST_FITS');
    assert.ok(explanation?.hosts.every((host) => host.codes.includes('POOL_FULL')));
    // A guest that moves takes nothing more of it.
    accepted(fleet, migrateGuest(migration('small', { destHost: 'node3' })));
    succeed(fleet, accepted(fleet, terminateGuest({ vmid: 'large', expectedRevision: 0 })).operation.name);
    accepted(fleet, submitGuest(submission('vm2')));
  });

  it('are removed with their images once no guest has a disk there', () => {
    const fleet = readFleet('three-nodes');
    refused(fleet, removePool({ name: 'shared', expectedRevision: 0 }), 'POOL_IN_USE');
    for (const vmid of ['small', 'medium', 'large']) {
      succeed(fleet, accepted(fleet, terminateGuest({ vmid, expectedRevision: 0 })).operation.name);
    }
    refused(fleet, removePool({ name: 'shared', expectedRevision: 999 }), 'STALE_REVISION');
    accepted(fleet, removePool({ name: 'shared', expectedRevision: 0 }));
    assert.equal(fleet.count('pool') + fleet.count('image'), 0);
  });
});

describe('base images', () => {
  const FLEET = `
    host | a | 4 | 8GiB | 100GiB |
    host | b | 4 | 8GiB | 100GiB |
    pool | local | LOCAL | a |
    pool | shared | SHARED | a b |`;

  it('are recorded once; the same again changes nothing, another is refused', () => {
    const fleet = parseFleet(FLEET);
    accepted(fleet, addImage(image));
    const revision = fleet.revision;
    accepted(fleet, addImage(image));
    assert.equal(fleet.revision, revision);
    refused(fleet, addImage({ ...image, sha256: 'b'.repeat(64) }), 'IMAGE_EXISTS');
  });

  it('have a host in a LOCAL pool and none in a SHARED one', () => {
    const fleet = parseFleet(FLEET);
    assert.equal(imageRefusal(fleet, { pool: 'shared', hostname: '', name: 'debian' }), undefined);
    const field = (target: { pool: string; hostname: string }) =>
      imageRefusal(fleet, { ...target, name: 'debian' })?.violations[0]?.field;
    assert.equal(field({ pool: 'shared', hostname: 'a' }), 'hostname');
    assert.equal(field({ pool: 'local', hostname: '' }), 'hostname');
    assert.equal(imageRefusal(fleet, { pool: 'local', hostname: 'b', name: 'debian' })?.reason, 'POOL_NOT_FOUND');
    assert.equal(imageRefusal(fleet, { pool: 'local', hostname: 'x', name: 'debian' })?.reason, 'HOST_NOT_FOUND');
    assert.equal(imageRefusal(fleet, { pool: 'none', hostname: '', name: 'debian' })?.reason, 'POOL_NOT_FOUND');
  });

  it('have figures and a digest', () => {
    const wrong = { ...image, sizeBytes: 0, virtualKib: -1, sha256: 'A'.repeat(64) };
    const { violations } = refused(parseFleet(FLEET), addImage(wrong), 'INVALID_FIELDS');
    assert.deepEqual(
      violations.map((violation) => violation.field),
      ['size_bytes', 'virtual_kib', 'sha256'],
    );
  });
});

describe('base guests', () => {
  const request: ImportBaseGuestRequest = {
    name: 'web',
    xml: '<domain/>',
    images: { vda: 'debian' },
    diskTargets: ['vda', 'vdb'],
    nics: [],
    machineType: 'pc',
    replace: false,
    expectedRevision: 0,
  };

  it('keep their XML under its digest, once for all that share it', () => {
    const fleet = parseFleet('policy |');
    const web = accepted(fleet, importBaseGuest(request));
    const app = accepted(fleet, importBaseGuest({ ...request, name: 'app' }));
    assert.equal(web.template, app.template);
    assert.equal(fleet.get('template', web.template)?.xml, '<domain/>');
    accepted(fleet, deleteBaseGuest({ name: 'web', expectedRevision: 0 }));
    assert.ok(fleet.get('template', app.template));
    accepted(fleet, deleteBaseGuest({ name: 'app', expectedRevision: 0 }));
    assert.equal(fleet.count('template'), 0);
    refused(fleet, deleteBaseGuest({ name: 'app', expectedRevision: 0 }), 'BASE_GUEST_NOT_FOUND');
  });

  it('are the same again, or another that has to be asked for', () => {
    const fleet = parseFleet('policy |');
    const { template } = accepted(fleet, importBaseGuest(request));
    const revision = fleet.revision;
    accepted(fleet, importBaseGuest(request));
    assert.equal(fleet.revision, revision);
    const other = { ...request, xml: '<domain type="kvm"/>' };
    refused(fleet, importBaseGuest(other), 'BASE_GUEST_EXISTS');
    refused(fleet, importBaseGuest({ ...other, replace: true, expectedRevision: 99 }), 'STALE_REVISION');
    accepted(fleet, importBaseGuest({ ...other, replace: true }));
    assert.equal(fleet.get('template', template), undefined);
    assert.equal(fleet.count('template'), 1);
  });

  it('leave their XML to the guests made from them', () => {
    const fleet = parseFleet('host | a | 4 | 8GiB | 100GiB |');
    const { template } = accepted(fleet, importBaseGuest({ ...request, images: {}, diskTargets: [] }));
    accepted(fleet, submitGuest(submission('vm1')));
    accepted(fleet, deleteBaseGuest({ name: 'web', expectedRevision: 0 }));
    assert.ok(fleet.get('template', template));
  });

  it('name images only for disks they have', () => {
    const wrong = { ...request, images: { vdc: 'debian', vda: '' }, xml: 'x'.repeat(1024 * 1024 + 1) };
    const { violations } = refused(parseFleet('policy |'), importBaseGuest(wrong), 'INVALID_FIELDS');
    assert.deepEqual(
      violations.map((violation) => violation.field),
      ['xml', 'images', 'images'],
    );
  });
});
