// Lists and views of what the fleet holds.

import assert from 'node:assert/strict';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { pauseGuest } from '../../src/commands/pause-guest.js';
import { updateGuest } from '../../src/commands/update-guest.js';
import { isRefusal, type Refusal } from '../../src/fleet/refusal.js';
import { filterKey, type GuestFilter, type HostFilter } from '../../src/queries/filters.js';
import { listGuests } from '../../src/queries/guests.js';
import { listHosts } from '../../src/queries/hosts.js';
import { getMigration, listMigrations, listOperations } from '../../src/queries/operations.js';
import type { Page } from '../../src/queries/page.js';
import { listBaseGuests, listImages, listPools } from '../../src/queries/storage.js';
import { accepted } from '../commands/decide.js';
import { migration } from '../commands/requests.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';

const FIRST = { size: 0, token: '' };
const ANY_GUEST: GuestFilter = { vmids: new Set(), hostnames: new Set(), states: new Set(), labels: {}, baseGuest: '' };
const ANY_HOST: HostFilter = {
  hostnames: new Set(),
  adminStates: new Set(),
  conditions: new Set(),
  labels: {},
  zone: '',
};

function items<T>(page: Page<T> | Refusal): readonly T[] {
  if (isRefusal(page)) assert.fail(page.message);
  return page.items;
}

describe('the list of hosts', () => {
  it('shows what is left beside what is declared', () => {
    const [node1] = items(listHosts(readFleet('three-nodes'), ANY_HOST, FIRST));
    assert.deepEqual(node1?.allocatable, { cpu: 7, memoryKib: kib('16GiB'), ioKib: kib('500GiB') });
    assert.deepEqual(node1?.available, { cpu: 4, memoryKib: kib('10GiB'), ioKib: kib('486GiB') });
    assert.deepEqual([node1?.guests, node1?.warnings], [2, []]);
  });

  it('warns of what is over, and of more than there is', () => {
    const fleet = parseFleet('host | a | 8 | 8GiB | 9GiB | seencpu=4\nguest | g | a | 9 | 1GiB | 1GiB |');
    assert.deepEqual(items(listHosts(fleet, ANY_HOST, FIRST))[0]?.warnings, [
      'OVERCOMMITTED',
      'DECLARED_OVER_OBSERVED',
    ]);
  });

  it('goes by each part of its filter', () => {
    const fleet = parseFleet(`
      host | a | 1 | 1GiB | 1GiB | CORDONED labels=rack:1 zone=north
      host | b | 1 | 1GiB | 1GiB | SUSPECT labels=rack:1,ssd:yes
      host | c | 1 | 1GiB | 1GiB | zone=north`);
    const names = (more: Partial<HostFilter>) =>
      items(listHosts(fleet, { ...ANY_HOST, ...more }, FIRST))
        .map((view) => view.host.hostname)
        .join('');
    assert.equal(names({}), 'abc');
    assert.equal(names({ hostnames: new Set(['c', 'a', 'x']) }), 'ac');
    assert.equal(names({ adminStates: new Set(['CORDONED', 'DRAINING'] as const) }), 'a');
    assert.equal(names({ conditions: new Set(['READY'] as const) }), 'ac');
    assert.equal(names({ labels: { rack: '1', ssd: 'yes' } }), 'b');
    assert.equal(names({ zone: 'north', conditions: new Set(['READY'] as const), labels: { rack: '1' } }), 'a');
  });
});

describe('the list of guests', () => {
  it('shows what they hold, on both hosts while they move', () => {
    const fleet = readFleet('three-nodes');
    accepted(fleet, migrateGuest(migration('small', { destHost: 'node2' })));
    const views = items(listGuests(fleet, ANY_GUEST, FIRST));
    assert.deepEqual(
      views.map((view) => view.guest.vmid),
      ['large', 'medium', 'small'],
    );
    assert.deepEqual([views[2]?.claim?.hostname, views[2]?.incoming?.hostname], ['node1', 'node2']);
    assert.equal(views[0]?.incoming, undefined);
  });

  it('goes by each part of its filter', () => {
    const fleet = readFleet('three-nodes');
    const labels = {
      setLabels: { team: 'web' },
      removeLabels: [],
      expectedRevision: 0,
      restartPolicy: undefined,
      priority: undefined,
    };
    accepted(fleet, updateGuest({ ...labels, vmid: 'medium' }));
    accepted(fleet, migrateGuest(migration('small', { destHost: 'node2' })));
    const vmids = (more: Partial<GuestFilter>) =>
      items(listGuests(fleet, { ...ANY_GUEST, ...more }, FIRST))
        .map((view) => view.guest.vmid)
        .join(' ');
    assert.equal(vmids({ vmids: new Set(['small', 'nobody']) }), 'small');
    assert.equal(vmids({ hostnames: new Set(['node1', 'node9']) }), 'medium small');
    assert.equal(vmids({ states: new Set(['MIGRATING'] as const) }), 'small');
    assert.equal(vmids({ labels: { team: 'web' } }), 'medium');
    assert.equal(vmids({ baseGuest: 'web' }), '');
    assert.equal(vmids({ vmids: new Set(['small', 'large']), hostnames: new Set(['node3']) }), 'large');
  });
});

describe('the lists of operations and migrations', () => {
  it('hold both, or only migrations, and go by their filters', () => {
    const fleet = readFleet('three-nodes');
    const move = accepted(fleet, migrateGuest(migration('small', { destHost: 'node2' }))).operation;
    const pause = accepted(fleet, pauseGuest({ vmid: 'large', expectedRevision: 0 })).operation;
    const any = { targets: new Set<string>(), kinds: new Set<never>(), states: new Set<never>(), parent: '' };
    const names = (more: object) => items(listOperations(fleet, { ...any, ...more }, FIRST)).map((one) => one.name);
    assert.deepEqual(names({}), [move.name, pause.name]);
    assert.deepEqual(names({ kinds: new Set(['PAUSE_GUEST']) }), [pause.name]);
    assert.deepEqual(names({ targets: new Set(['small']) }), [move.name]);
    assert.deepEqual(names({ states: new Set(['SUCCEEDED']) }), []);
    assert.deepEqual(names({ parent: move.name }), []);
    const anyMove = {
      vmids: new Set<string>(),
      sourceHosts: new Set<string>(),
      destHosts: new Set<string>(),
      states: new Set<never>(),
    };
    const moves = (more: object) => items(listMigrations(fleet, { ...anyMove, ...more }, FIRST)).map((one) => one.name);
    assert.deepEqual(moves({}), [move.name]);
    assert.deepEqual(moves({ sourceHosts: new Set(['node1']), destHosts: new Set(['node2']) }), [move.name]);
    assert.deepEqual(moves({ destHosts: new Set(['node3']) }), []);
    assert.equal(isRefusal(getMigration(fleet, move.name)), false);
    assert.ok(isRefusal(getMigration(fleet, pause.name)) && isRefusal(getMigration(fleet, 'op-none')));
  });
});

describe('the lists of pools, images and base guests', () => {
  const fleet = readFleet('one-reason-each');
  it('go by host, pool and name', () => {
    assert.deepEqual(
      items(listPools(fleet, { hostname: '', kind: undefined }, FIRST)).map((view) => [view.pool.name, view.usedKib]),
      [['local', kib('4GiB')]],
    );
    assert.equal(items(listPools(fleet, { hostname: 'nowhere', kind: undefined }, FIRST)).length, 0);
    assert.equal(items(listImages(fleet, { pool: '', hostname: '', name: 'debian' }, FIRST)).length, 14);
    const of = (hostname: string) => items(listImages(fleet, { pool: 'local', hostname, name: '' }, FIRST)).length;
    assert.deepEqual([of('fits'), of('nowhere')], [1, 0]);
    assert.deepEqual(
      items(listBaseGuests(fleet, FIRST)).map((base) => base.name),
      ['web'],
    );
  });
});

describe('the key of a filter', () => {
  it('is the same for the same filter, however it was put together, and another for another', () => {
    const one = { ...ANY_GUEST, vmids: new Set(['a', 'b']), labels: { x: '1', y: '2' } };
    const same = {
      labels: { y: '2', x: '1' },
      vmids: new Set(['b', 'a']),
      states: new Set(),
      baseGuest: '',
      hostnames: new Set(),
    };
    assert.equal(filterKey(one), filterKey(same));
    assert.notEqual(filterKey(one), filterKey({ ...one, labels: { x: '2', y: '1' } }));
    assert.notEqual(filterKey(one), filterKey({ ...one, hostnames: new Set(['a', 'b']), vmids: new Set() }));
  });
});
