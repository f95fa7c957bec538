// The forecast of a migration against figures from the literature's model, and its behaviour at the edges.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { predictMigration } from '../../src/policy/predict-migration.js';

const MIB = 1024;
const load = {
  memoryKib: 1_740 * MIB,
  diskKib: 0,
  bandwidthMibPerS: 62.5,
  dirtyMibPerS: 10,
  maxDowntimeMs: 300,
  autoConverge: false,
};

describe('the forecast of a migration', () => {
  it('sums the rounds of pre-copy', () => {
    // 1740 + 278.4 + 44.5 + 7.1 MiB at 62.5 MiB/s: 33.1 s, the last of them within the stop.
    const { converges, totalMs, blackoutMs } = predictMigration(load);
    assert.equal(converges, 'YES');
    assert.ok(totalMs !== undefined && Math.abs(totalMs - 33_200) < 150, `${totalMs} ms`);
    assert.ok(blackoutMs !== undefined && blackoutMs > 100 && blackoutMs < 400, `${blackoutMs} ms`);
  });

  it('does not end where the guest writes faster than can be sent, unless it may be slowed down', () => {
    assert.equal(predictMigration({ ...load, dirtyMibPerS: 100 }).converges, 'NO');
    const throttled = predictMigration({ ...load, dirtyMibPerS: 100, autoConverge: true });
    assert.equal(throttled.converges, 'THROTTLED');
    assert.ok(throttled.totalMs !== undefined && throttled.totalMs > 60_000);
  });

  it('claims to know nothing where nothing was measured', () => {
    const { converges, totalMs, blackoutMs, bytesTotal } = predictMigration({ ...load, dirtyMibPerS: undefined });
    assert.deepEqual([converges, totalMs, blackoutMs], [undefined, undefined, undefined]);
    assert.equal(bytesTotal, 1_740 * MIB * MIB);
  });

  it('counts disks that are copied', () => {
    const copied = predictMigration({ ...load, dirtyMibPerS: 0, diskKib: load.memoryKib });
    const plain = predictMigration({ ...load, dirtyMibPerS: 0 });
    assert.ok(copied.totalMs !== undefined && plain.totalMs !== undefined && copied.totalMs > 1.9 * plain.totalMs);
  });

  it('never takes less time for more memory, nor promises a longer stop than is allowed', () => {
    const positive = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(
        positive,
        positive,
        positive,
        fc.boolean(),
        (memoryMib, bandwidthMibPerS, dirtyMibPerS, autoConverge) => {
          const one = { ...load, memoryKib: memoryMib * MIB, bandwidthMibPerS, dirtyMibPerS, autoConverge };
          const { totalMs, blackoutMs } = predictMigration(one);
          assert.equal(totalMs === undefined, blackoutMs === undefined);
          if (totalMs === undefined || blackoutMs === undefined) return;
          assert.ok(totalMs >= (memoryMib / bandwidthMibPerS) * 1_000);
          assert.ok(blackoutMs <= 300 + 101);
        },
      ),
    );
  });
});
