// The processes that are measured beside one another: the service, its Postgres, and the bare echo and SQL.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly said: { readonly port: number };
  ask<A>(message: object): Promise<A>;
  end(): Promise<void>;
}

/** Forks a script of this folder; resolves once it has said something. */
export async function started(script: string, words: readonly string[], env: object = {}): Promise<Child> {
  const child: ChildProcess = fork(fileURLToPath(new URL(script, import.meta.url)), words, {
    env: { ...process.env, NODE_OPTIONS: process.env.VIRTDC_TEST_NODE_OPTIONS ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const next = async <A>(): Promise<A> => (await Promise.race([once(child, 'message'), ended]))[0] as A;
  const said = await next<{ port: number }>();
  return {
    pid: child.pid ?? 0,
    said,
    ask(message) {
      child.send(message);
      return next();
    },
    async end() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
