// What the terms of a score are worth, with figures that can be computed by hand.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { put } from '../../src/fleet/change.js';
import { STRATEGIES } from '../../src/fleet/explanation.js';
import { Fleet } from '../../src/fleet/fleet.js';
import { type Resources, subtract } from '../../src/fleet/resources.js';
import { score as scoreOf, WEIGHTS, type Weights } from '../../src/policy/score.js';
import { parseFleet } from '../fleets/parse.js';

const whole = { cpu: 10, memoryKib: 1_000, ioKib: 100 };

/** Of the only host of a fleet that can sell `all`, and has so much available. */
function score(weights: Weights, required: Resources, available: Resources, all: Resources): number {
  const fleet = new Fleet();
  const [host] = parseFleet('host | a | 0 | 0GiB | 0GiB |').all('host');
  assert.ok(host);
  fleet.apply(put('host', { ...host, capacity: all }));
  const claim = {
    hostname: 'a',
    vmid: 'vm',
    kind: 'GUEST' as const,
    resources: subtract(all, available),
    retakeKib: 0,
  };
  fleet.apply(put('claim', { ...claim, revision: 0 }));
  return scoreOf(weights, required, fleet.hostTable(), 0);
}

describe('scores', () => {
  it('take the mean of what is free after', () => {
    const required = { cpu: 1, memoryKib: 100, ioKib: 10 };
    const available = { cpu: 6, memoryKib: 600, ioKib: 60 };
    assert.ok(Math.abs(score(WEIGHTS.WORST_FIT, required, available, whole) - 0.5) < 1e-12);
    assert.ok(Math.abs(score(WEIGHTS.BEST_FIT, required, available, whole) + 0.5) < 1e-12);
    assert.equal(Math.abs(score(WEIGHTS.FIRST_FIT, required, available, whole)), 0);
  });

  it('leave out what a host has none of', () => {
    const required = { cpu: 1, memoryKib: 100, ioKib: 0 };
    const available = { cpu: 6, memoryKib: 600, ioKib: 0 };
    const diskless = { ...whole, ioKib: 0 };
    assert.ok(Math.abs(score(WEIGHTS.WORST_FIT, required, available, diskless) - 0.5) < 1e-12);
    assert.equal(score(WEIGHTS.WORST_FIT, required, available, { cpu: 0, memoryKib: 0, ioKib: 0 }), 0);
  });

  it('are best for a guest of the very shape of what is free', () => {
    const required = { cpu: 3, memoryKib: 100, ioKib: 10 };
    const alike = score(WEIGHTS.VECTOR_DOT, required, { cpu: 6, memoryKib: 200, ioKib: 20 }, whole);
    const unlike = score(WEIGHTS.VECTOR_DOT, required, { cpu: 3, memoryKib: 500, ioKib: 20 }, whole);
    assert.ok(alike > unlike);
  });

  it('are numbers for all that fits', () => {
    const amounts = fc.record({ cpu: fc.nat(64), memoryKib: fc.nat(2 ** 31), ioKib: fc.nat(2 ** 31) });
    fc.assert(
      fc.property(amounts, amounts, amounts, fc.constantFrom(...STRATEGIES), (required, rest, claimed, strategy) => {
        const available = {
          cpu: required.cpu + rest.cpu,
          memoryKib: required.memoryKib + rest.memoryKib,
          ioKib: required.ioKib + rest.ioKib,
        };
        const all = {
          cpu: available.cpu + claimed.cpu,
          memoryKib: available.memoryKib + claimed.memoryKib,
          ioKib: available.ioKib + claimed.ioKib,
        };
        assert.ok(Number.isFinite(score(WEIGHTS[strategy], required, available, all)));
      }),
    );
  });
});
