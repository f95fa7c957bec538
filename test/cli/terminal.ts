// Runs command lines as a person would, and keeps what came out; on a terminal if the test wants one.

import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/cli.js';
import type { Target } from '../../src/cli/screen.js';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Setting {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly input?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly interrupted?: AbortSignal;
  /** Told of every piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

class Captured implements Target {
  text = '';

  constructor(
    readonly isTTY: boolean,
    readonly columns: number,
    private readonly told: (text: string) => void = () => {},
  ) {}

  write(data: string | Uint8Array): void {
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
    this.text += text;
    this.told(text);
  }
}

/** Runs `virtdc --server ADDRESS WORDS...` in this process. */
export async function virtdc(address: string, words: readonly string[], setting: Setting = {}): Promise<Outcome> {
  const { isTerminal = false, columns = 120, input = '', environment = {}, interrupted, onOutput } = setting;
  const stdin = new PassThrough();
  stdin.end(input);
  const stdout = new Captured(isTerminal, columns, onOutput);
  const stderr = new Captured(isTerminal, columns);
  const code = await runCli(['--server', address, ...words], {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout,
    stderr,
    environment,
    interrupted: interrupted ?? new AbortController().signal,
  });
  return { code, out: stdout.text, err: stderr.text };
}
