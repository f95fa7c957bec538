// Sizes, rates and times as a person types and reads them. Sizes are KiB in the API.

const UNITS_KIB: Readonly<Record<string, bigint>> = {
  k: 1n,
  m: 1n << 10n,
  g: 1n << 20n,
  t: 1n << 30n,
  p: 1n << 40n,
};
const SIZE = /^(\d+)(?:\.(\d{1,6}))?\s*(?:([kmgtp])(?:i?b)?)?$/i;
const STEPS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** How a table writes a size: for people, or as a bare number of KiB. */
export type Size = (kib: bigint) => string;

export class AmountError extends Error {
  override readonly name = 'AmountError';
}

/** `512M`, `2GiB`, `1.5g`, or a plain number of KiB. Everything counts by 1,024. Throws AmountError. */
export function parseKib(text: string): bigint {
  const match = SIZE.exec(text.trim());
  if (match === null) throw new AmountError(`'${text}' is no size; 512M, 2GiB or a number of KiB is`);
  const [, whole = '', fraction = '', unit = 'k'] = match;
  const factor = UNITS_KIB[unit.toLowerCase()] ?? 1n;
  const scale = 10n ** BigInt(fraction.length);
  const kib = BigInt(whole + fraction) * factor;
  if (kib % scale !== 0n) throw new AmountError(`'${text}' is not a whole number of KiB`);
  return kib / scale;
}

/** In the largest unit that leaves at least 1 before the point, with at most two digits after it. */
export function formatKib(kib: bigint): string {
  if (kib === 0n) return '0';
  const negative = kib < 0n;
  let value = Number(negative ? -kib : kib);
  let step = 0;
  while (value >= 1024 && step < STEPS.length - 1) {
    value /= 1024;
    step++;
  }
  return `${negative ? '-' : ''}${round(value)} ${STEPS[step]}`;
}

export function formatBytes(bytes: bigint): string {
  return bytes > -1024n && bytes < 1024n ? `${bytes} B` : formatKib(bytes / 1024n);
}

function round(value: number): string {
  return String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)));
}

/** `850 ms`, `2.4 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
