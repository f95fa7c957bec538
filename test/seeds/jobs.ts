// Many seeds, one after the other in this process, or dealt out to several: `npm run seeds -- --jobs N`.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { planOf } from './plan.js';
import { run } from './run.js';

/** What is told of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: string | undefined;
  readonly hash: string;
  readonly tally: Readonly<Record<string, number>>;
}

export interface Seeds {
  readonly from: number;
  readonly count: number;
  /** Each is run a second time, and has to leave the same trace. */
  readonly twice: boolean;
}

/** Tells of each seed as it ends; stops early where `tell` answers false. */
export async function runSeeds(seeds: Seeds, jobs: number, tell: (outcome: Outcome) => boolean): Promise<void> {
  if (jobs > 1) return dealOut(seeds, jobs, tell);
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed++) {
    if (!tell(await outcomeOf(seed, seeds.twice))) return;
  }
}

async function outcomeOf(seed: number, twice: boolean): Promise<Outcome> {
  const { violation, hash, tally } = await run(planOf(seed));
  const again = twice ? (await run(planOf(seed))).hash : hash;
  const unlike = again === hash ? undefined : `not the same twice: ${hash} and ${again}`;
  return { seed, violation: violation ?? unlike, hash, tally: tally.toJSON() };
}

async function dealOut(
  { from, count, twice }: Seeds,
  jobs: number,
  tell: (outcome: Outcome) => boolean,
): Promise<void> {
  let next = from;
  const children: ChildProcess[] = [];
  const work = async (): Promise<void> => {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: [...process.execArgv, '--max-semi-space-size=64'] });
    children.push(child);
    const exited = once(child, 'exit').then(([code]: unknown[]): never => {
      throw new Error(`a process that ran seeds ended with ${code}`);
    });
    while (next < from + count) {
      const seed = next++;
      child.send({ seed, twice });
      const [outcome] = (await Promise.race([once(child, 'message'), exited])) as [Outcome];
      if (!tell(outcome)) next = from + count;
    }
    exited.catch(() => {});
    child.disconnect();
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    for (const child of children) child.kill();
  }
}

/** One of those that seeds are dealt out to. */
if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', ({ seed, twice }: { readonly seed: number; readonly twice: boolean }) => {
    void outcomeOf(seed, twice).then((outcome) => process.send?.(outcome));
  });
}
