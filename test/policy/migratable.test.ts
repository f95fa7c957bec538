// Whether guests can be moved, check by check.

import assert from 'node:assert/strict';
import { migrationPolicy } from '../../src/commands/migration-policy.js';
import type { GuestTraits } from '../../src/fleet/traits.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { FILTERS } from '../../src/policy/feasible.js';
import {
  convergenceCheck,
  guestChecks,
  type MigrationCheckKind,
  oneOfEachKind,
  targetChecks,
} from '../../src/policy/migratable.js';
import { copiesStorage, isLocked } from '../../src/policy/move.js';
import { parseFleet } from '../fleets/parse.js';

const FLEET = parseFleet(`
  host | node1 | 8 | 16GiB | 100GiB |
  host | dead  | 8 | 16GiB | 100GiB | UNREACHABLE
  pool | local  | LOCAL | node1 dead |
  pool | shared | SHARED | node1 dead |
  pool | locked | SHARED locking | node1 dead |
  guest | on-local     | node1 | 1 | 1GiB | 4GiB | pool=local
  guest | on-shared    | node1 | 1 | 1GiB | 4GiB | pool=shared
  guest | on-locked    | node1 | 1 | 1GiB | 4GiB | pool=locked
  guest | diskless     | node1 | 1 | 1GiB | 0    |
  guest | adopted      | node1 | 1 | 1GiB | 4GiB | pool=local foreign-disk
  guest | stopped      | node1 | 1 | 1GiB | 4GiB | STOPPED pool=locked
  guest | out-of-reach | dead  | 1 | 1GiB | 4GiB | pool=locked`);

const POLICY = migrationPolicy({});

function guest(vmid: string) {
  const found = FLEET.get('guest', vmid);
  assert.ok(found);
  return found;
}

function failing(vmid: string, traits: Partial<GuestTraits> = {}, policy = POLICY): MigrationCheckKind[] {
  return guestChecks(FLEET, guest(vmid), { ...PLAIN_TRAITS, ...traits }, policy)
    .filter((check) => check.verdict === 'FAIL')
    .map((check) => check.kind);
}

describe('checks of a migration', () => {
  it('pass for a plain guest', () => {
    for (const vmid of ['on-local', 'on-shared', 'on-locked', 'diskless']) assert.deepEqual(failing(vmid), []);
  });

  it('fail for what cannot leave', () => {
    assert.deepEqual(failing('stopped'), ['GUEST_STATE']);
    assert.deepEqual(failing('out-of-reach'), ['HOST_STATE']);
    assert.deepEqual(failing('on-locked', { hostDevices: ['pci 0000:01:00.0'] }), ['HOST_DEVICES']);
    assert.deepEqual(failing('on-locked', { tpm: 'PASSTHROUGH' }), ['TPM']);
    assert.deepEqual(failing('adopted'), ['STORAGE']);
  });

  it('warn of what only works if the target is made for it', () => {
    const checks = guestChecks(FLEET, guest('on-locked'), { ...PLAIN_TRAITS, tpm: 'EMULATED', nvram: true }, POLICY);
    const warned = checks.filter((check) => check.verdict === 'WARN').map((check) => check.kind);
    assert.deepEqual(warned, ['TPM', 'NVRAM']);
  });

  it('allow post-copy only where every disk is locked', () => {
    const postcopy = migrationPolicy({ onTimeout: 'POSTCOPY' });
    assert.deepEqual(failing('on-locked', {}, postcopy), []);
    for (const vmid of ['on-local', 'on-shared', 'diskless'])
      assert.deepEqual(failing(vmid, {}, postcopy), ['STORAGE']);
  });

  it('name a fix for whatever fails', () => {
    for (const vmid of ['stopped', 'out-of-reach', 'adopted']) {
      for (const check of guestChecks(FLEET, guest(vmid), PLAIN_TRAITS, POLICY)) {
        assert.equal(check.fix !== '', check.verdict !== 'PASS', check.detail);
      }
    }
  });

  it('give every reason against a host a check', () => {
    for (const { code } of FILTERS) {
      const amounts = { cpu: 0, memoryKib: 0, ioKib: 0 };
      const checks = targetChecks({
        hostname: 'node1',
        verdict: 'REJECTED',
        codes: [code],
        required: amounts,
        available: amounts,
        shortfall: amounts,
        score: undefined,
        detail: 'so it is',
      });
      const failed = checks.filter((check) => check.verdict === 'FAIL');
      assert.equal(failed.length, 1, code);
      assert.ok(failed[0]?.detail.includes(code) && failed[0].fix !== '');
    }
  });

  it('keep the graver of two looks at the same, and both if they are alike', () => {
    const check = (verdict: 'PASS' | 'FAIL' | 'WARN', detail: string) =>
      ({ kind: 'STORAGE', verdict, detail, fix: '' }) as const;
    const graver = oneOfEachKind([check('PASS', 'a'), check('FAIL', 'b'), check('WARN', 'c')]);
    assert.deepEqual(
      graver.map((one) => one.detail),
      ['b'],
    );
    assert.deepEqual(
      oneOfEachKind([check('PASS', 'a'), check('PASS', 'b')]).map((one) => one.detail),
      ['a; b'],
    );
  });

  it('never read an unknown dirty rate as a pass', () => {
    const forecast = {
      converges: undefined,
      totalMs: undefined,
      blackoutMs: undefined,
      bytesTotal: 1,
      bandwidthMibPerS: 1,
    };
    assert.equal(convergenceCheck(forecast).verdict, 'UNKNOWN');
  });
});

describe('how a guest travels', () => {
  it('copies its disks only from LOCAL pools, and only those that virtdc made', () => {
    const copied = ['on-local', 'on-shared', 'on-locked', 'diskless', 'adopted'].filter((vmid) =>
      copiesStorage(FLEET, guest(vmid)),
    );
    assert.deepEqual(copied, ['on-local']);
  });

  it('is protected by a lock only where it has a disk and every disk is locked', () => {
    const locked = ['on-local', 'on-shared', 'on-locked', 'diskless'].filter((vmid) => isLocked(FLEET, guest(vmid)));
    assert.deepEqual(locked, ['on-locked']);
  });
});
