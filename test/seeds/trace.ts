// What happened in a run, line by line with its virtual time; equal runs have equal hashes.

import { createHash } from 'node:crypto';
import type { Clock } from '../../src/ports/clock.js';

const LINES_KEPT = 60;

export class Trace {
  private readonly hash = createHash('sha256');
  private readonly lines: string[] = [];
  count = 0;

  constructor(
    private readonly clock: Clock,
    private readonly print = false,
  ) {}

  note(text: string): void {
    const line = `${this.clock.monotonicMs().toFixed(1).padStart(10)} ${text}`;
    if (this.print) console.log(line);
    this.hash.update(`${line}\n`);
    this.count++;
    this.lines.push(line);
    if (this.lines.length > 2 * LINES_KEPT) this.lines.splice(0, LINES_KEPT);
  }

  get last(): readonly string[] {
    return this.lines.slice(-LINES_KEPT);
  }

  digest(): string {
    return this.hash.copy().digest('hex').slice(0, 16);
  }
}
