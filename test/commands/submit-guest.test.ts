// SubmitGuest: what it commits, what it chooses where the caller leaves it open, and what it refuses.

import assert from 'node:assert/strict';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, changesOf, commit, fail, refused, succeed, testContext } from './decide.js';
import { submission } from './requests.js';

describe('SubmitGuest', () => {
  it('commits the guest, its claim and its creation at once, before anything is made', () => {
    const fleet = readFleet('three-nodes');
    const { guest, operation } = accepted(fleet, submitGuest(submission('vm1', { maxMemoryKib: kib('4GiB') })));
    assert.equal(guest.state, 'PENDING');
    assert.equal(guest.operation, operation.name);
    assert.deepEqual(operation.input, { kind: 'CREATE_GUEST' });
    assert.equal(operation.decision?.winner, guest.hostname);
    const claim = fleet.get('claim', `${guest.hostname}/vm1`);
    // Memory is charged at its maximum, and what was charged is written down.
    assert.deepEqual(claim?.resources, { cpu: 2, memoryKib: kib('4GiB'), ioKib: kib('4GiB') });
    assert.deepEqual(operation.charged, claim?.resources);
  });

  it('takes back exactly what it charged if the creation fails, and frees the vmid', () => {
    const fleet = readFleet('three-nodes');
    const before = [...fleet.all('host')].map((host) => fleet.available(host));
    const { operation } = accepted(fleet, submitGuest(submission('vm1', { maxMemoryKib: kib('4GiB') })));
    fail(fleet, operation.name);
    assert.equal(fleet.get('guest', 'vm1'), undefined);
    assert.deepEqual(
      [...fleet.all('host')].map((host) => fleet.available(host)),
      before,
    );
    accepted(fleet, submitGuest(submission('vm1')));
  });

  it('gives the last slot to one of two', () => {
    const fleet = readFleet('last-slot');
    assert.equal(accepted(fleet, submitGuest(submission('first'))).guest.hostname, 'node2');
    const refusal = refused(fleet, submitGuest(submission('second')), 'NO_HOST_FITS');
    assert.deepEqual(
      refusal.explanation?.hosts.map((host) => host.verdict),
      ['REJECTED', 'REJECTED'],
    );
  });

  it('decides again, at its turn, what was decided on an older fleet', () => {
    const fleet = readFleet('last-slot');
    const [one, two] = [submitGuest(submission('first')), submitGuest(submission('second'))];
    assert.ok(changesOf(fleet, one).length > 0 && changesOf(fleet, two).length > 0);
    accepted(fleet, two);
    refused(fleet, one, 'NO_HOST_FITS');
  });

  it('makes an overlay of the base image, as large as the space that was asked for', () => {
    const fleet = readFleet('three-nodes');
    const { guest } = accepted(fleet, submitGuest(submission('vm1', { ioKib: kib('10GiB') })));
    const [disk] = guest.disks;
    assert.ok(disk);
    assert.deepEqual(
      { target: disk.target, pool: disk.pool, baseImage: disk.baseImage, capacityKib: disk.capacityKib },
      { target: 'vda', pool: 'shared', baseImage: 'debian', capacityKib: kib('10GiB') },
    );
    assert.ok(disk.volume.includes(guest.uuid));
  });

  it('takes the space that the base image needs where none is given, and never less', () => {
    const fleet = parseFleet(`
      host | a | 4 | 8GiB | 100GiB |
      pool | local | LOCAL | a |
      image | local | a | big | 20GiB
      base | web | vda=big vdb= | NETWORK:default | pc`);
    const { violations } = refused(fleet, submitGuest(submission('vm1', { ioKib: kib('10GiB') })), 'INVALID_FIELDS');
    assert.deepEqual(
      violations.map((violation) => violation.field),
      ['io_kib'],
    );
    const { guest } = accepted(fleet, submitGuest(submission('vm1', { ioKib: kib('30GiB') })));
    // The disk without an image gets the rest.
    assert.deepEqual(
      guest.disks.map((disk) => disk.capacityKib),
      [kib('20GiB'), kib('10GiB')],
    );
    assert.equal(accepted(fleet, submitGuest(submission('vm2'))).guest.ioKib, kib('20GiB') + 1024);
  });

  it('adds a seed as a disk of its own', () => {
    const seed = { guestHostname: 'vm1', sshAuthorizedKeys: ['ssh-ed25519 AAAA'], userData: '' };
    const { guest } = accepted(readFleet('three-nodes'), submitGuest(submission('vm1', { seed })));
    assert.deepEqual(
      guest.disks.map((disk) => [disk.target, disk.role, disk.format]),
      [
        ['vda', 'DISK', 'qcow2'],
        ['vdb', 'SEED', 'raw'],
      ],
    );
    assert.deepEqual(guest.seed, seed);
  });

  it('plugs the first interface into what was named, with the MAC that was given', () => {
    const mac = '52:54:00:aa:bb:cc';
    const fleet = readFleet('three-nodes');
    const { guest } = accepted(fleet, submitGuest(submission('vm1', { bridge: 'br0', mac })));
    assert.deepEqual(guest.nics, [{ kind: 'BRIDGE', source: 'br0', mac }]);
    refused(fleet, submitGuest(submission('vm2', { mac: mac.toUpperCase() })), 'INVALID_FIELDS');
    refused(fleet, submitGuest(submission('vm3', { network: 'nowhere' })), 'NO_HOST_FITS');
  });

  it('gives each interface a MAC of its own', () => {
    const { guest } = accepted(readFleet('three-nodes'), submitGuest(submission('vm1')));
    assert.match(guest.nics[0]?.mac ?? '', /^52:54:00(:[0-9a-f]{2}){3}$/);
  });

  it('takes the only pool, the default pool, or the one that is named', () => {
    const text = `
      host | a | 4 | 8GiB | 100GiB |
      pool | local | LOCAL | a |
      pool | shared | SHARED | a |
      image | local | a | debian | 1GiB
      image | shared | - | debian | 1GiB
      base | web | vda=debian | | pc`;
    const fleet = parseFleet(text);
    refused(fleet, submitGuest(submission('vm1')), 'POOL_REQUIRED');
    assert.equal(accepted(fleet, submitGuest(submission('vm1', { pool: 'local' }))).guest.disks[0]?.pool, 'local');
    refused(fleet, submitGuest(submission('vm2', { pool: 'nowhere' })), 'POOL_NOT_FOUND');
    const withDefault = parseFleet(`policy | pool=shared\n${text}`);
    assert.equal(accepted(withDefault, submitGuest(submission('vm1'))).guest.disks[0]?.pool, 'shared');
  });

  it('needs no pool for a guest without disks', () => {
    const fleet = parseFleet('host | a | 4 | 8GiB | 100GiB |\nbase | web | | | pc');
    assert.deepEqual(accepted(fleet, submitGuest(submission('vm1'))).guest.disks, []);
  });

  it('says which image is missing where', () => {
    const fleet = parseFleet(
      'host | a | 4 | 8GiB | 9GiB |\npool | local | LOCAL | a |\nbase | web | vda=debian | | pc',
    );
    const { explanation } = refused(fleet, submitGuest(submission('vm1')), 'NO_HOST_FITS');
    assert.deepEqual(explanation?.hosts[0]?.codes, ['BASE_IMAGE_MISSING']);
  });

  it('lists every violation at once', () => {
    const wrong = submission('vm1', {
      cpu: 0,
      maxCpu: -1,
      memoryKib: 2 ** 53 + 2,
      maxMemoryKib: 1.5,
      ioKib: Number.NaN,
      network: 'a',
      bridge: 'b',
      labels: { '': 'x' },
      baseGuest: '',
      seed: { guestHostname: 'a', sshAuthorizedKeys: Array<string>(65).fill('k'), userData: 'x'.repeat(65 * 1024) },
    });
    const { violations } = refused(readFleet('three-nodes'), submitGuest(wrong), 'INVALID_FIELDS');
    const due = ['cpu', 'max_cpu', 'memory_kib', 'max_memory_kib', 'io_kib', 'bridge', 'labels', 'base_guest'];
    const fields = new Set(violations.map((violation) => violation.field));
    for (const field of [...due, 'seed.ssh_authorized_keys', 'seed.user_data']) assert.ok(fields.has(field), field);
  });

  it('refuses a vmid that is taken, also by a guest that is still being made', () => {
    const fleet = readFleet('three-nodes');
    accepted(fleet, submitGuest(submission('vm1')));
    refused(fleet, submitGuest(submission('vm1')), 'GUEST_EXISTS');
    refused(fleet, submitGuest(submission('small')), 'GUEST_EXISTS');
  });

  it('answers the very entities that it commits', () => {
    const fleet = readFleet('three-nodes');
    const decision = submitGuest(submission('vm1')).decide(fleet, testContext());
    assert.ok(decision.accepted);
    const committed = decision.changes.map((change) => change.after);
    assert.ok(committed.includes(decision.result.guest) && committed.includes(decision.result.operation));
    commit(fleet, decision.changes);
    assert.equal(succeed(fleet, decision.result.operation.name).state, 'SUCCEEDED');
    assert.equal(fleet.get('guest', 'vm1')?.state, 'RUNNING');
  });
});
