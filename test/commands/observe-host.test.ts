// A look at a host that shows nothing new changes nothing, whatever way its facts and guests came into the fleet.

import assert from 'node:assert/strict';
import { type HostLook, observeHost } from '../../src/commands/observe-host.js';
import { put } from '../../src/fleet/change.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import type { HostFacts } from '../../src/fleet/host.js';
import { decode, encode } from '../../src/inventory/document.js';
import { parseFleet } from '../fleets/parse.js';
import { testContext } from './decide.js';

describe('a look at a host', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = parseFleet(`
      host  | node1 | 8 | 16GiB | 100GiB
      guest | g1    | node1 | 2 | 1GiB | 4GiB | RUNNING plugged=2 balloon=1GiB`);
  });

  const facts = (): HostFacts => fleet.get('host', 'node1')?.observed as HostFacts;

  function changesOf(more: Partial<HostLook>): readonly string[] {
    const guest = fleet.get('guest', 'g1');
    const look: HostLook = {
      hostname: 'node1',
      at: new Date(),
      domains: [
        {
          uuid: guest?.uuid ?? '',
          domainName: 'g1',
          state: 'RUNNING',
          stateReason: 'OTHER',
          persistent: false,
          currentCpu: 2,
          maxCpu: 2,
          balloonKib: 1024 * 1024,
          maxMemoryKib: 1024 * 1024,
          migratingOut: false,
        },
      ],
      facts: undefined,
      details: new Map(),
      asOf: fleet.revision,
      shutDown: new Set(),
      missedBefore: new Set(),
      cleared: new Set(),
      ...more,
    };
    const decision = observeHost(look).decide(fleet, testContext());
    assert.ok(decision.accepted);
    return decision.changes.map(({ kind, key }) => `${kind} ${key}`);
  }

  it('that shows nothing new changes nothing', () => {
    assert.deepEqual(changesOf({}), []);
    assert.deepEqual(changesOf({ facts: { ...facts() } }), []);
  });

  it('finds its facts the same as the stored ones, whose members stand in another order', () => {
    const before = facts();
    const shuffled = Object.fromEntries(Object.entries(before).toReversed()) as unknown as HostFacts;
    const stored = decode(encode({ ...fleet.get('host', 'node1'), observed: shuffled })) as never;
    fleet.apply(put('host', stored));
    assert.notDeepEqual(Object.keys(facts()), Object.keys(before));
    assert.deepEqual(changesOf({ facts: before }), []);
  });

  it('tells of facts that are new, each of them', () => {
    const before = facts();
    const changed: HostFacts[] = [
      { ...before, cpu: before.cpu + 1 },
      { ...before, cpuXml: '<cpu/>' },
      { ...before, cpuUnplug: !before.cpuUnplug },
      { ...before, pools: [...before.pools, 'another'] },
      { ...before, networks: before.networks.map((name) => `${name}2`).concat('new') },
    ];
    for (const now of changed) assert.deepEqual(changesOf({ facts: now }), ['host node1']);
  });
});
