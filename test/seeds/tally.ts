// What happened in runs, counted: faults by kind, requests, operations by how they ended, steps checked.

export class Tally {
  private readonly counts = new Map<string, number>();

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  add(other: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(other)) this.count(name, count);
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Those whose names begin so, without that beginning, the most frequent first. */
  under(prefix: string): [string, number][] {
    return [...this.counts]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, count]): [string, number] => [name.slice(prefix.length), count])
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  }

  sum(prefix: string): number {
    return this.under(prefix).reduce((sum, [, count]) => sum + count, 0);
  }
}
