// The crash matrix in short: one death in the making, moving, scaling and removing of a guest each, on the lab's hosts.

import assert from 'node:assert/strict';
import { needsLab } from '../lab.js';
import { postgresMissing } from '../postgres.js';
import { skip } from '../skip.js';
import { casesOf, drill, kills } from './d1-crash-matrix.js';
import type { Drill } from './drill.js';
import { runDrill } from './run.js';

const SETTINGS = { run: 1, runs: 1, minutes: undefined, plant: undefined, keep: false };

describe('a service that is killed', function () {
  this.timeout(240_000);
  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    await needsLab(3).call(this);
  });

  it('in the midst of making, moving, scaling and removing a guest ends it when it is back', async () => {
    const said: string[] = [];
    const cases = casesOf(['sc1', 'sg3', 'mg5', 'dl4']);
    const short: Drill = { ...drill, run: async (stage) => (await kills(stage, cases)).close() };
    const { verdict } = await runDrill(short, { ...SETTINGS, seed: process.pid }, (line) => said.push(line));
    assert.equal(verdict, 'PASSED', said.join('\n'));
  });
});
