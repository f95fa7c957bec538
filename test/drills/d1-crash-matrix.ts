// D1: the service dies at each of its crash points, is started again, and is asked the same once more. Then defects show
// at all of them in one life, and it is stopped at some while another is there to take over.

import { CRASH_POINTS } from '../../src/operations/crash-points.js';
import { CRASH_CASES, type CrashCase } from './crash-cases.js';
import { freezes } from './crash-freeze.js';
import { CrashStage } from './crash-stage.js';
import { defects, strike } from './crash-strike.js';
import type { Drill } from './drill.js';
import type { Stage } from './stage.js';

export const drill: Drill = {
  name: 'D1',
  title: 'Crash matrix',
  needs: ['postgres', 'lab'],
  inject: `VIRTDC_FAILPOINT at each of ${Object.keys(CRASH_POINTS).length} points: kill -9, a defect, and with a second replica a stop`,
  expect: 'what each point asks for, one effect and one answer, every operation ends within 60 s, the books agree',
  plants: {
    'forgets-requests': 'a request id means nothing',
    'creates-blindly': 'a creation that is taken up again does not look whether it was done',
    'gives-up-blindly': 'a migration that is taken up again is taken for failed without a look',
    'counts-as-gone': 'a termination that is taken up again takes the domain for gone',
  },
  run: (stage) => crashMatrix(stage, CRASH_CASES),
};

export async function crashMatrix(stage: Stage, cases: readonly CrashCase[]): Promise<void> {
  const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
  const set = await CrashStage.open(stage, plant);
  for (const [index, one] of cases.entries()) await strike(set, one, cases[index + 1]);
  await defects(set);
  await freezes(set);
  await set.close();
}
