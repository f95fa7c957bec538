// AdoptGuests: foreign domains become guests, whatever they are called, and load that was foreign becomes theirs.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AdoptableDomain, adoptGuests } from '../../src/commands/adopt-guests.js';
import { deriveVmid } from '../../src/commands/derive-vmid.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { kib, parseFleet } from '../fleets/parse.js';
import { accepted, refused, succeed } from './decide.js';
import { migration } from './requests.js';

const UUID = '11111111-2222-4333-8444-555555555555';

const FLEET = `
  policy | overhead=0+0
  host | a | 4 | 8GiB | 100GiB |
  host | b | 4 | 8GiB | 100GiB |
  foreign | a | ${UUID} | 2 | 4GiB
  guest | mine | a | 1 | 1GiB | 0 |`;

function domain(more: Partial<AdoptableDomain> = {}): AdoptableDomain {
  return {
    hostname: 'a',
    uuid: UUID,
    domainName: 'Web Server',
    vmid: '',
    state: 'RUNNING',
    persistent: true,
    migratingOut: false,
    currentCpu: 2,
    maxCpu: 4,
    currentMemoryKib: kib('2GiB'),
    maxMemoryKib: kib('4GiB'),
    disks: [],
    nics: [],
    xml: '<domain/>',
    ...more,
  };
}

describe('AdoptGuests', () => {
  it('puts the guest and its claim in the place of the foreign load', () => {
    const fleet = parseFleet(FLEET);
    const { adoptions, over } = accepted(fleet, adoptGuests({ domains: [domain()], labels: { team: 'web' } }));
    assert.deepEqual(
      adoptions.map((one) => [one.verdict, one.guest?.vmid]),
      [['ADOPTED', 'web-server']],
    );
    assert.deepEqual(over, []);
    const guest = fleet.get('guest', 'web-server');
    assert.deepEqual(
      [guest?.domainName, guest?.adopted, guest?.persistent, guest?.state],
      ['Web Server', true, true, 'RUNNING'],
    );
    assert.deepEqual(guest?.labels, { team: 'web' });
    assert.equal(fleet.get('template', `adopted:${UUID}`)?.xml, '<domain/>');
    assert.equal(fleet.get('claim', `a/${UUID}`), undefined);
    const claim = fleet.get('claim', 'a/web-server');
    assert.deepEqual([claim?.resources.memoryKib, claim?.retakeKib], [kib('2GiB'), kib('2GiB')]);
  });

  it('changes nothing the second time', () => {
    const fleet = parseFleet(FLEET);
    accepted(fleet, adoptGuests({ domains: [domain()], labels: {} }));
    const revision = fleet.revision;
    const { adoptions } = accepted(fleet, adoptGuests({ domains: [domain()], labels: {} }));
    assert.deepEqual(
      adoptions.map((one) => [one.verdict, one.guest?.vmid]),
      [['ALREADY', 'web-server']],
    );
    assert.equal(fleet.revision, revision);
  });

  it('never refuses for want of room, and says by how much a host is over', () => {
    const fleet = parseFleet(FLEET);
    const { adoptions, over } = accepted(fleet, adoptGuests({ domains: [domain({ currentCpu: 4 })], labels: {} }));
    assert.equal(adoptions[0]?.verdict, 'ADOPTED');
    assert.deepEqual(over, [{ hostname: 'a', shortfall: { cpu: 1, memoryKib: 0, ioKib: 0 } }]);
    const host = fleet.get('host', 'a');
    assert.ok(host);
    assert.equal(fleet.available(host).cpu, -1);
  });

  it('tells of each domain why it is left alone', () => {
    const domains = [
      domain({ uuid: 'u1', state: 'SHUTOFF' }),
      domain({ uuid: 'u2', migratingOut: true }),
      domain({ uuid: 'u3', hostname: 'nowhere' }),
      domain({ uuid: 'u4', vmid: 'mine' }),
      domain({ uuid: 'u5' }),
      domain({ uuid: 'u5', hostname: 'b' }),
    ];
    const { adoptions } = accepted(parseFleet(FLEET), adoptGuests({ domains, labels: {} }));
    assert.deepEqual(
      adoptions.map((one) => [one.verdict, one.detail]),
      [
        ['REFUSED', 'is SHUTOFF, only what runs is adopted'],
        ['REFUSED', 'is being migrated by somebody else'],
        ['REFUSED', 'there is no host nowhere'],
        ['REFUSED', 'vmid mine is taken'],
        ['ADOPTED', ''],
        ['REFUSED', 'runs on another host too'],
      ],
    );
  });

  it('gives domains of one name vmids of their own', () => {
    const domains = ['u1', 'u2', 'u3'].map((uuid) => domain({ uuid, domainName: 'mine' }));
    const { adoptions } = accepted(parseFleet(FLEET), adoptGuests({ domains, labels: {} }));
    assert.deepEqual(
      adoptions.map((one) => one.guest?.vmid),
      ['mine-2', 'mine-3', 'mine-4'],
    );
  });

  it('makes guests that can be moved and terminated like any other', () => {
    const fleet = parseFleet(FLEET);
    accepted(fleet, adoptGuests({ domains: [domain()], labels: {} }));
    succeed(fleet, accepted(fleet, migrateGuest(migration('web-server', { destHost: 'b' }))).operation.name);
    assert.equal(fleet.get('guest', 'web-server')?.hostname, 'b');
    succeed(fleet, accepted(fleet, terminateGuest({ vmid: 'web-server', expectedRevision: 0 })).operation.name);
    assert.equal(fleet.get('template', `adopted:${UUID}`), undefined);
    assert.deepEqual(fleet.claimed('b'), { cpu: 0, memoryKib: 0, ioKib: 0 });
  });

  it('refuses labels that are none', () => {
    refused(parseFleet(FLEET), adoptGuests({ domains: [], labels: { '': '' } }), 'INVALID_FIELDS');
  });
});

describe('a derived vmid', () => {
  it('is as much of the name as a vmid may have', () => {
    const of = (name: string): string => deriveVmid(name, () => false);
    assert.equal(of('web-1'), 'web-1');
    assert.equal(of('Web Server (old)'), 'web-server-old');
    assert.equal(of('1234'), 'vm-1234');
    assert.equal(of('___'), 'guest');
    assert.equal(of('日本'), 'guest');
    assert.equal(of('aaaaaaaa-1111-4111-8111-111111111111'), 'vm-aaaaaaaa-1111-4111-8111-111111111111');
  });

  it('is a vmid, and free, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: 'binary' }), fc.nat({ max: 20 }), (name, count) => {
        const taken = new Set<string>();
        for (let i = 0; i <= count; i++) {
          const vmid = deriveVmid(name, (one) => taken.has(one));
          assert.match(vmid, /^[a-z]([a-z0-9._-]{0,61}[a-z0-9])?$/);
          assert.ok(!taken.has(vmid));
          taken.add(vmid);
        }
      }),
    );
  });
});
