// Fencing by a program of the operator's: run with its arguments as they are, without a shell. Exit code 0 is the proof that
// the host is off; anything else proves nothing.

import { spawn } from 'node:child_process';
import type { Fence, FencedHost, FenceOutcome } from '../ports/fence.js';
import { fillWords } from './words.js';

export interface FenceCommandOptions {
  /** The absolute path of the program, then its arguments; {hostname} and {address} are filled in. */
  readonly words: readonly string[];
  /** Then it is killed, and has proven nothing. */
  readonly deadlineMs: number;
  /** Of what it prints, the last so many characters are told. */
  readonly toldChars: number;
}

export function fenceCommand(options: FenceCommandOptions): Fence {
  return { switchOff: (host, signal) => run(options, host, signal) };
}

async function run(options: FenceCommandOptions, host: FencedHost, signal: AbortSignal): Promise<FenceOutcome> {
  const { words, deadlineMs, toldChars } = options;
  const [program = '', ...args] = fillWords(words, host);
  signal.throwIfAborted();
  return await new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {}, cwd: '/', detached: true });
    let printed = '';
    let late = false;
    // What it started goes with it.
    const kill = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, deadlineMs);
    signal.addEventListener('abort', kill, { once: true });
    const heard = (chunk: Buffer): void => {
      printed = (printed + chunk.toString('utf8')).slice(-toldChars);
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    const end = (isOff: boolean, how: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      const said = printed.trim();
      resolve({ isOff, detail: said === '' ? how : `${how}: ${said}` });
    };
    child.on('error', (error) => end(false, `${program} could not be run (${error.message})`));
    child.on('close', (code, killedBy) => {
      if (late) end(false, `${program} was not done within ${deadlineMs} ms`);
      else end(code === 0, `${program} ended with ${killedBy ?? code}`);
    });
  });
}
