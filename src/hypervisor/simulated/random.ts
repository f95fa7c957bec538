// Randomness that replays: one seed gives one sequence, and the state between two draws is one number.

import { createHash } from 'node:crypto';

export class SeededRandom {
  constructor(public state: number) {}

  /** In [0, 1); the generator known as mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  uuid(): string {
    return asUuid(Array.from({ length: 32 }, () => Math.floor(this.next() * 16).toString(16)).join(''));
  }
}

/** The same text gives the same UUID, whenever it is asked for. */
export function uuidOf(text: string): string {
  return asUuid(createHash('sha256').update(text).digest('hex'));
}

/** 32 hexadecimal digits in the form of a version 4 UUID. */
function asUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
