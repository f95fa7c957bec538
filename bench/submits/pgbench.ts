// pgbench, in rounds of so many seconds, with what Postgres used for it.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Benched {
  readonly transactions: number;
  readonly perS: number;
  /** Of each transaction, ms. */
  readonly latencies: readonly number[];
}

/** `first`: the number of its first guest; each client has a million of its own. */
export async function pgbench(
  url: string,
  script: string,
  clients: number,
  seconds: number,
  first: number,
): Promise<Benched> {
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-pgbench-'));
  try {
    const file = join(directory, 'script.sql');
    await writeFile(file, script);
    const { hostname, port, username, password, pathname } = new URL(url);
    const words = ['-n', '-M', 'prepared', '-f', file, '-c', String(clients), '-j', '2', '-T', String(seconds)];
    const { stdout } = await run(
      'pgbench',
      [...words, '-D', 'i=0', '-D', `first=${first}`, '-l', '--log-prefix', join(directory, 'log'), pathname.slice(1)],
      {
        cwd: directory,
        env: { ...process.env, PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password },
      },
    );
    const latencies: number[] = [];
    for (const name of (await readdir(directory)).filter((one) => one.startsWith('log'))) {
      for (const line of (await readFile(join(directory, name), 'latin1')).split('\n')) {
        const us = line.split(' ')[2];
        if (us !== undefined) latencies.push(Number(us) / 1_000);
      }
    }
    return {
      transactions: Number(/actually processed: (\d+)/.exec(stdout)?.[1]),
      perS: Number(/tps = ([\d.]+)/.exec(stdout)?.[1]),
      latencies,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
