// What a guest holds: invariant by invariant, in small figures and over random sights.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_CLUSTER_POLICY, withOverhead } from '../../src/fleet/cluster-policy.js';
import { claimSize, withCpu, withMemory } from '../../src/policy/claim.js';
import { kib } from '../fleets/parse.js';

const policy = { ...DEFAULT_CLUSTER_POLICY, overheadKib: 0, overheadPercent: 0 };
const guest = {
  currentCpu: 2,
  currentMemoryKib: kib('1GiB'),
  maxMemoryKib: kib('4GiB'),
  ioKib: 7,
  observed: undefined,
};

const seen = (pluggedCpu: number | undefined, balloon: string | undefined) => ({
  ...guest,
  observed: { pluggedCpu, balloonKib: balloon === undefined ? undefined : kib(balloon) },
});

describe('the size of a claim', () => {
  it('is the maximum of memory until the balloon was seen lower', () => {
    assert.deepEqual(claimSize(guest, policy), {
      resources: { cpu: 2, memoryKib: kib('4GiB'), ioKib: 7 },
      retakeKib: 0,
    });
  });

  it('gives back what was seen given back, and keeps what could be retaken in mind', () => {
    const { resources, retakeKib } = claimSize(seen(2, '2GiB'), policy);
    assert.equal(resources.memoryKib, kib('2GiB'));
    assert.equal(retakeKib, kib('2GiB'));
  });

  it('is never below what was asked for, however little the guest has taken of it', () => {
    assert.equal(claimSize(seen(1, '512MiB'), policy).resources.memoryKib, kib('1GiB'));
    assert.equal(claimSize(seen(1, '512MiB'), policy).resources.cpu, 2);
  });

  it('keeps vCPUs that are plugged, whatever was asked for, and those held until they were seen', () => {
    assert.equal(claimSize(seen(3, undefined), policy).resources.cpu, 3);
    assert.equal(claimSize(seen(undefined, '2GiB'), policy, 4).resources.cpu, 4);
  });

  it('has the overhead of the hypervisor on top', () => {
    const { resources } = claimSize({ ...guest, maxMemoryKib: 1_000_000 }, DEFAULT_CLUSTER_POLICY);
    assert.equal(resources.memoryKib, 1_000_000 + 128 * 1024 + 20_000);
  });

  it('always covers what the guest has, and with the retake all it can have', () => {
    const gibs = fc.integer({ min: 1, max: 64 }).map((gib) => gib * kib('1GiB') + (gib % 3));
    fc.assert(
      fc.property(gibs, gibs, fc.option(gibs, { nil: undefined }), (asked, more, balloonKib) => {
        const maxMemoryKib = asked + more;
        const seenKib = balloonKib === undefined ? undefined : Math.min(balloonKib, maxMemoryKib);
        const sized = {
          ...guest,
          currentMemoryKib: asked,
          maxMemoryKib,
          observed: { pluggedCpu: 1, balloonKib: seenKib },
        };
        const { resources, retakeKib } = claimSize(sized, DEFAULT_CLUSTER_POLICY);
        assert.ok(
          resources.memoryKib >= withOverhead(Math.max(asked, seenKib ?? maxMemoryKib), DEFAULT_CLUSTER_POLICY),
        );
        assert.equal(resources.memoryKib + retakeKib, withOverhead(maxMemoryKib, DEFAULT_CLUSTER_POLICY));
      }),
    );
  });
});

describe('a claim that grows', () => {
  const held = { resources: { cpu: 4, memoryKib: kib('2GiB'), ioKib: 7 }, retakeKib: kib('2GiB') };

  it('never shrinks by asking for less', () => {
    assert.deepEqual(withCpu(held, 1), held);
    assert.deepEqual(withMemory(held, kib('1GiB'), policy), held);
  });

  it('turns what could be retaken into what is had by right', () => {
    assert.deepEqual(withMemory(held, kib('3GiB'), policy), {
      resources: { cpu: 4, memoryKib: kib('3GiB'), ioKib: 7 },
      retakeKib: kib('1GiB'),
    });
  });

  it('is nothing but a size', () => {
    const claim = { ...held, hostname: 'node1', vmid: 'g', kind: 'GUEST' as const, revision: 3 };
    assert.deepEqual(Object.keys(withCpu(claim, 5)).sort(), ['resources', 'retakeKib']);
    assert.deepEqual(Object.keys(withMemory(claim, 5, policy)).sort(), ['resources', 'retakeKib']);
  });
});
