// UpdateGuest and SetClusterPolicy: declarations changed, nothing else.

import assert from 'node:assert/strict';
import { setClusterPolicy } from '../../src/commands/set-cluster-policy.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { updateGuest } from '../../src/commands/update-guest.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, refused } from './decide.js';
import { submission } from './requests.js';

const untouched = {
  expectedRevision: 0,
  setLabels: {},
  removeLabels: [],
  restartPolicy: undefined,
  priority: undefined,
};

describe('UpdateGuest', () => {
  it('sets and removes labels, also of a guest that is busy', () => {
    const fleet = readFleet('three-nodes');
    const { guest } = accepted(fleet, submitGuest(submission('vm1', { labels: { a: '1', b: '2' } })));
    const after = accepted(
      fleet,
      updateGuest({ ...untouched, vmid: 'vm1', setLabels: { c: '3' }, removeLabels: ['a', 'x'] }),
    );
    assert.deepEqual(after.labels, { b: '2', c: '3' });
    assert.equal(after.operation, guest.operation);
    const labels = Object.fromEntries(Array.from({ length: 63 }, (_, i) => [`k${i}`, '']));
    refused(fleet, updateGuest({ ...untouched, vmid: 'vm1', setLabels: labels }), 'INVALID_FIELDS');
    refused(fleet, updateGuest({ ...untouched, vmid: 'vm1', expectedRevision: 1 }), 'STALE_REVISION');
    refused(fleet, updateGuest({ ...untouched, vmid: 'nobody' }), 'GUEST_NOT_FOUND');
  });

  it('changes the restart policy only while the guest is stopped', () => {
    const fleet = parseFleet(`
      host | a | 4 | 8GiB | 100GiB |
      guest | g | a | 1 | 1GiB | 4GiB | RUNNING
      guest | s | a | 1 | 1GiB | 4GiB | STOPPED`);
    const restartPolicy = 'WITH_HOST';
    refused(fleet, updateGuest({ ...untouched, vmid: 'g', restartPolicy }), 'GUEST_STATE');
    accepted(fleet, updateGuest({ ...untouched, vmid: 'g', restartPolicy: 'NEVER' }));
    assert.equal(accepted(fleet, updateGuest({ ...untouched, vmid: 's', restartPolicy })).restartPolicy, restartPolicy);
    accepted(fleet, startGuest({ vmid: 's', expectedRevision: 0 }));
    refused(fleet, updateGuest({ ...untouched, vmid: 's', restartPolicy: 'NEVER' }), 'GUEST_BUSY');
  });
});

describe('SetClusterPolicy', () => {
  it('holds for what comes after', () => {
    const fleet = readFleet('three-nodes');
    const held = fleet.claimed('node3');
    const policy = accepted(
      fleet,
      setClusterPolicy({ expectedRevision: 0, set: { strategy: 'WORST_FIT', overheadKib: 1024 } }),
    );
    assert.deepEqual([policy.strategy, policy.overheadKib, policy.overheadPercent], ['WORST_FIT', 1024, 0]);
    assert.deepEqual(fleet.claimed('node3'), held);
    const { operation } = accepted(fleet, submitGuest(submission('vm1')));
    assert.equal(operation.decision?.strategy, 'WORST_FIT');
    assert.equal(operation.charged.memoryKib, kib('2GiB') + 1024);
  });

  it('refuses what is none', () => {
    const fleet = readFleet('three-nodes');
    const set = { overheadKib: -1, overheadPercent: Number.NaN, defaultRatios: { cpu: 0, memoryKib: 1, ioKib: 1 } };
    const { violations } = refused(fleet, setClusterPolicy({ expectedRevision: 0, set }), 'INVALID_FIELDS');
    assert.deepEqual(
      violations.map((one) => one.field),
      ['default_ratios.cpu', 'overhead_kib', 'overhead_percent'],
    );
    refused(fleet, setClusterPolicy({ expectedRevision: 0, set: { defaultPool: 'nowhere' } }), 'POOL_NOT_FOUND');
    refused(fleet, setClusterPolicy({ expectedRevision: 99, set: {} }), 'STALE_REVISION');
  });
});
