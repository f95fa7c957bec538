// Sizes and times as people type and read them.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AmountError, formatBytes, formatKib, formatMs, parseKib } from '../../src/cli/amounts.js';

describe('amounts on the command line', () => {
  it('reads sizes', () => {
    const sizes: [string, bigint][] = [
      ['512M', 524_288n],
      ['2GiB', 2_097_152n],
      ['2g', 2_097_152n],
      ['1.5GB', 1_572_864n],
      ['1 TiB', 1_073_741_824n],
      ['64', 64n],
      ['64k', 64n],
      ['0', 0n],
      ['8388608P', 9_223_372_036_854_775_808n],
    ];
    for (const [text, kib] of sizes) assert.equal(parseKib(text), kib, text);
  });

  it('refuses what is none, and what is no whole number of KiB', () => {
    for (const text of ['', 'x', '-1', '1e9', '2 G i B', '0.5', '1.0001K', '1,5G', 'NaN', '٣M', '1..5G']) {
      assert.throws(() => parseKib(text), AmountError, text);
    }
  });

  it('reads back exactly what is a whole number of its unit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1023n }), fc.constantFrom('KiB', 'MiB', 'GiB', 'TiB'), (count, unit) => {
        assert.equal(formatKib(parseKib(`${count}${unit}`)), `${count} ${unit}`);
      }),
    );
  });

  it('writes sizes in the unit that fits, below zero too', () => {
    assert.equal(formatKib(0n), '0');
    assert.equal(formatKib(1_536n), '1.5 MiB');
    assert.equal(formatKib(-2_097_152n), '-2 GiB');
    assert.equal(formatKib(2_808_000n), '2.68 GiB');
    assert.equal(formatKib(1n << 43n), '8 PiB');
    assert.equal(formatBytes(512n), '512 B');
    assert.equal(formatBytes(8_388_608n), '8 MiB');
  });

  it('writes times', () => {
    assert.equal(formatMs(31), '31 ms');
    assert.equal(formatMs(2_449), '2.4 s');
    assert.equal(formatMs(185_000), '3 min 5 s');
    assert.equal(formatMs(7_800_000), '2 h 10 min');
  });
});
