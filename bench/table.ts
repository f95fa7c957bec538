// Figures of a measurement, and the one table that it prints.

export interface Row {
  readonly what: string;
  readonly cells: readonly string[];
}

export function printTable(
  title: string,
  columns: readonly string[],
  rows: readonly Row[],
  notes: readonly string[],
): void {
  const lines = [['', ...columns], ...rows.map(({ what, cells }) => [what, ...cells])];
  const widths = lines.reduce<number[]>((most, line) => line.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  const print = (line: readonly string[]): void =>
    console.log(
      `| ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`,
    );
  console.log(`\n${title}\n`);
  print(lines[0] ?? []);
  console.log(
    `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  );
  for (const line of lines.slice(1)) print(line);
  for (const note of notes) console.log(`\n${note}`);
}

/** The value below which `share` of the values lie; 0.5: the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, at)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export const ms = (value: number): string =>
  Number.isNaN(value) ? '-' : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const times = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} x`;
