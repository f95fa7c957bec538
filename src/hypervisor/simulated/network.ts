// Who does not hear whom: hosts and clients by name, cut from everybody or from each other, always both ways.

export class Network {
  private readonly cuts = new Set<string>();

  reaches(a: string, b: string): boolean {
    return this.cuts.size === 0 || !(this.cuts.has(a) || this.cuts.has(b) || this.cuts.has(pair(a, b)));
  }

  /** Without a peer: from everybody. */
  cut(name: string, peer?: string): void {
    this.cuts.add(peer === undefined ? name : pair(name, peer));
  }

  /** Undoes every cut that the name is in, or all of them. */
  heal(name?: string): void {
    for (const cut of [...this.cuts]) {
      if (name === undefined || cut.split(SEPARATOR).includes(name)) this.cuts.delete(cut);
    }
  }
}

const SEPARATOR = '|';

function pair(a: string, b: string): string {
  return a < b ? `${a}${SEPARATOR}${b}` : `${b}${SEPARATOR}${a}`;
}
