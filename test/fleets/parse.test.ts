// The text form of fleets itself: what is written there is what is held.

import assert from 'node:assert/strict';
import { allocatable } from '../../src/fleet/host.js';
import { kib, parseFleet, readFleet } from './parse.js';

describe('text fleets', () => {
  it('reads hosts, guests and their claims', () => {
    const fleet = readFleet('three-nodes');
    const node1 = fleet.get('host', 'node1');
    assert.ok(node1);
    assert.deepEqual(allocatable(node1), { cpu: 7, memoryKib: kib('16GiB'), ioKib: kib('500GiB') });
    // Memory is held at its maximum as long as no balloon was seen.
    assert.deepEqual(fleet.claimed('node1'), { cpu: 3, memoryKib: kib('6GiB'), ioKib: kib('14GiB') });
    assert.equal(fleet.poolUsedKib('shared'), kib('54GiB'));
  });

  it('reads what was seen of a guest', () => {
    const fleet = readFleet('shrunk');
    assert.equal(fleet.greatestRetakeKib('node1'), kib('6GiB'));
    assert.equal(fleet.claimed('node1').memoryKib, kib('10GiB'));
  });

  it('refuses a line of no known kind', () => {
    assert.throws(() => parseFleet('host | a | 1 | 1 | 1\nghost | b'), /line 2/);
  });
});
