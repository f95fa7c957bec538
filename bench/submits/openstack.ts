// OpenStack Placement beside virtdc, by the scripts of a folder of peers (--peers): a server for so many providers and a caller
// that asks for candidates (1,000 of them, nova's default) and claims one, each time. Started anew for each round.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CANDIDATES = 1_000;
/** A decision among 10,000 providers takes seconds. */
const SECONDS_PER_THOUSAND = 3;

export interface Claimed {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the API and its Postgres together. */
  readonly cpuUs: number;
}

interface Median {
  readonly med: number;
}

export async function openstack(peers: string, providers: number, seconds: number): Promise<Claimed> {
  const work = await mkdtemp(join(tmpdir(), 'virtdc-placement-'));
  const env = { ...process.env, PEERS_WORK: work, PEERS_RESULTS: work };
  try {
    const lasts = Math.max(seconds, Math.ceil((providers / 1_000) * SECONDS_PER_THOUSAND));
    const words = [String(providers), '1', String(lasts), '1', String(CANDIDATES)];
    const script = join(peers, '02-placement', 'bench.cjs');
    const { stdout } = await run(process.execPath, [script, ...words], { env, maxBuffer: 1 << 24 });
    const line = stdout.split('\n').find((one) => one.startsWith('{')) ?? '{}';
    const figures = JSON.parse(line) as Readonly<Record<string, Median>>;
    return {
      perS: figures.decisions_per_s?.med ?? Number.NaN,
      p50Ms: figures.all_p50_ms?.med ?? Number.NaN,
      p99Ms: figures.all_p99_ms?.med ?? Number.NaN,
      cpuUs: (figures.cpu_ms_per_decision?.med ?? Number.NaN) * 1_000,
    };
  } finally {
    await run(join(peers, 'pg.sh'), ['stop'], { env }).catch(() => undefined);
    await rm(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
