// What clients asked for and were answered, a line of JSON each, in the order of the answers.

import { createWriteStream } from 'node:fs';

/** An answer: OK, or the code and the reason of a refusal, with what else is to be told. */
export interface Result extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly reason?: string;
}

export interface HistoryLine {
  readonly client: string;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Monotonic, ns. */
  readonly call_ns: bigint;
  readonly return_ns: bigint;
  /** 'unknown': no answer, or one that leaves open whether it was done. */
  readonly result: Result | 'unknown';
  /** Of an unknown result, the code that the client saw. */
  readonly code?: string;
}

export class History {
  readonly lines: HistoryLine[] = [];
  private readonly stream;

  constructor(readonly file: string) {
    this.stream = createWriteStream(file, { flags: 'a' });
  }

  add(line: HistoryLine): void {
    this.lines.push(line);
    this.stream.write(`${JSON.stringify(line, bigints)}\n`);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.stream.end(resolve));
  }
}

export function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
