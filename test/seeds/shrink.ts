// Takes faults out of a failing plan, the greater part first, as long as something still goes wrong without them.

import type { Fault } from './plan.js';
import { type RunResult, run } from './run.js';

const MOST_RUNS = 60;

export async function shrink(failing: RunResult): Promise<RunResult> {
  let best = failing;
  let runs = 0;
  for (let size = Math.ceil(best.plan.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.plan.faults.length && runs < MOST_RUNS; runs++) {
      const faults: readonly Fault[] = best.plan.faults.filter((_, index) => index < from || index >= from + size);
      const result = await run({ ...best.plan, faults });
      if (result.violation === undefined) from += size;
      else best = result;
    }
  }
  return best;
}
