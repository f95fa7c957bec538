// D1: the service dies at each of its crash points, is started again, and is asked the same once more. Then defects show
// at all of them in one life, and it is stopped at some while another is there to take over.

import { CRASH_POINTS, type CrashPoint } from '../../src/operations/crash-points.js';
import { CRASH_CASES, type CrashCase } from './crash-cases.js';
import { freezes } from './crash-freeze.js';
import { CrashStage } from './crash-stage.js';
import { defects, strike } from './crash-strike.js';
import type { Drill } from './drill.js';
import type { Stage } from './stage.js';

interface Plant {
  readonly bug: string;
  /** Where it shows. */
  readonly at: readonly CrashPoint[];
}

const PLANTS: Readonly<Record<string, Plant>> = {
  'forgets-requests': { bug: 'a request id means nothing', at: ['sg4'] },
  'creates-blindly': { bug: 'a creation that is taken up again does not look whether it was done', at: ['sg3'] },
  'gives-up-blindly': { bug: 'a migration that is taken up again is taken for failed without a look', at: ['mg5'] },
  'counts-as-gone': {
    bug: 'a termination that is taken up again takes the domain for gone',
    at: ['mg1', 'sg1', 'mg2', 'dl2'],
  },
};

export const drill: Drill = {
  name: 'D1',
  title: 'Crash matrix',
  needs: ['postgres', 'lab'],
  inject: `VIRTDC_FAILPOINT at each of ${Object.keys(CRASH_POINTS).length} points: kill -9, a defect, and with a second replica a stop`,
  expect: 'what each point asks for, one effect and one answer, every operation ends within 60 s, the books agree',
  plants: Object.fromEntries(Object.entries(PLANTS).map(([name, { bug }]) => [name, bug])),
  async run(stage) {
    const plant = Object.keys(PLANTS).find((name) => stage.planted(name));
    // Of a bug that is planted, only the deaths at which it shows.
    const set = await kills(stage, plant === undefined ? CRASH_CASES : casesOf(PLANTS[plant]?.at ?? []), plant);
    if (plant === undefined) {
      await defects(set);
      await freezes(set);
    }
    await set.close();
  },
};

export function casesOf(points: readonly CrashPoint[]): CrashCase[] {
  return CRASH_CASES.filter(({ name }) => points.includes(name));
}

/** One death after the other. */
export async function kills(stage: Stage, cases: readonly CrashCase[], sabotage?: string): Promise<CrashStage> {
  const set = await CrashStage.open(stage, sabotage);
  for (const [index, one] of cases.entries()) await strike(set, one, cases[index + 1]);
  return set;
}
