// Amounts with units as libvirt writes them (KiB unless said, decimal and binary prefixes), converted to whole KiB.

const UNIT = /^(?:(b|bytes?)|([kmgtpe])(i?b)?)$/i;
const PREFIXES = 'kmgtpe';

/** Bytes of one unit; undefined for what is no unit. A prefix alone is binary (k = KiB), with B alone decimal (KB = 1000). */
function bytesPerUnit(unit: string): bigint | undefined {
  const found = UNIT.exec(unit);
  if (found === null) return undefined;
  if (found[1] !== undefined) return 1n;
  const base = found[3]?.toLowerCase() === 'b' ? 1_000n : 1_024n;
  return base ** BigInt(PREFIXES.indexOf((found[2] ?? '').toLowerCase()) + 1);
}

export function isUnit(unit: string): boolean {
  return UNIT.test(unit);
}

/**
 * Whole KiB of an amount in a unit (KiB if empty); a remainder is dropped (capacities) or counts as one more (what a
 * guest is given). undefined: not a plain decimal number, an unknown unit, or more than a number holds exactly.
 */
export function toKib(amount: string, unit: string, rounding: 'DOWN' | 'UP'): number | undefined {
  const perUnit = bytesPerUnit(unit === '' ? 'KiB' : unit);
  if (perUnit === undefined || !/^[0-9]{1,20}$/.test(amount)) return undefined;
  const bytes = BigInt(amount) * perUnit;
  const kib = Number((rounding === 'UP' ? bytes + 1_023n : bytes) / 1_024n);
  return Number.isSafeInteger(kib) ? kib : undefined;
}
