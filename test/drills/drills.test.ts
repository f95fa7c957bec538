// Drills in short, on a real Postgres with simulated hosts, and what a run makes of what a drill has seen.

import assert from 'node:assert/strict';
import { skip } from '../skip.js';
import { drill as databaseGone } from './d13-database-gone.js';
import { drill as oversellRace } from './d17-oversell-race.js';
import { drill as retries } from './d18-retries.js';
import type { Drill } from './drill.js';
import { missingFor } from './needs.js';
import { runDrill } from './run.js';

const SETTINGS = { run: 1, runs: 1, minutes: undefined, plant: undefined, keep: false };
const OUTAGE_MIN = 5 / 60;
/** Ten rounds. */
const RACE_MIN = 0.5;

describe('drills in short', function () {
  this.timeout(240_000);

  for (const [drill, minutes] of [
    [databaseGone, OUTAGE_MIN],
    [oversellRace, RACE_MIN],
    [retries, undefined],
  ] as const) {
    it(`${drill.name}: ${drill.title}`, async function () {
      const missing = missingFor(drill.needs);
      if (missing !== undefined) skip(this, missing);
      const said: string[] = [];
      const report = await runDrill(drill, { ...SETTINGS, seed: process.pid, minutes }, (line) => said.push(line));
      assert.equal(report.verdict, 'PASSED', said.join('\n'));
    });
  }
});

describe('a run of a drill', () => {
  const drillThat = (run: Drill['run']): Drill => ({
    name: 'D0',
    title: 'Nothing',
    needs: [],
    inject: 'nothing',
    expect: 'nothing',
    plants: { bug: 'none' },
    run,
  });
  const verdictOf = async (run: Drill['run'], plant?: string): Promise<string> => {
    const report = await runDrill(drillThat(run), { ...SETTINGS, seed: 1, plant }, () => undefined);
    return `${report.verdict} ${report.asWanted}`;
  };

  it('passes if all that was expected was seen', async () => {
    assert.equal(await verdictOf(async (stage) => stage.check('all', true, 'is well')), 'PASSED true');
  });

  it('finds a bug that was put in by failing, and misses it by passing', async () => {
    const run: Drill['run'] = async (stage) => stage.check('no bug', !stage.planted('bug'), 'one');
    assert.equal(await verdictOf(run), 'PASSED true');
    assert.equal(await verdictOf(run, 'bug'), 'FOUND true');
    assert.equal(await verdictOf(async (stage) => stage.check('all', true, 'is well'), 'bug'), 'MISSED false');
  });

  it('takes down what it put up, the last thing first, whatever happens', async () => {
    const undone: number[] = [];
    const verdict = await verdictOf(async (stage) => {
      stage.later(() => void undone.push(1));
      stage.later(() => void undone.push(2));
      if (stage.planted('bug')) throw new Error('on the way');
    }, 'bug');
    assert.equal(verdict, 'FOUND true');
    assert.deepEqual(undone, [2, 1]);
  });
});
