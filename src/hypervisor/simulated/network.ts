// Who does not hear whom: hosts and clients by name, cut from everybody or from each other, both ways or one way.

export class Network {
  private readonly cuts = new Set<string>();

  /** Whether the two hear each other. */
  reaches(a: string, b: string): boolean {
    return this.carries(a, b) && this.carries(b, a);
  }

  /** Whether what the one sends gets to the other. */
  carries(from: string, to: string): boolean {
    const { cuts } = this;
    if (cuts.size === 0) return true;
    return !(cuts.has(from) || cuts.has(to) || cuts.has(pair(from, to)) || cuts.has(way(from, to)));
  }

  /** Without a peer: from everybody. */
  cut(name: string, peer?: string): void {
    this.cuts.add(peer === undefined ? name : pair(name, peer));
  }

  cutWay(from: string, to: string): void {
    this.cuts.add(way(from, to));
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

function way(from: string, to: string): string {
  return [from, '>', to].join(SEPARATOR);
}
