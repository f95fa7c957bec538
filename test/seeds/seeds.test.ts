// A selection of the simulation's seeds; many more with `npm run seeds -- --count N`.

import assert from 'node:assert/strict';
import { planted } from './hunt.js';
import { planOf, sentenceOf } from './plan.js';
import { BUGS } from './planted.js';
import { type RunResult, run } from './run.js';

const SEEDS = 200;
/** What one test runs, so that a failure is told early. */
const AT_ONCE = 20;

function told({ plan, violation, lastLines, hash }: RunResult): string {
  const again = `npm run seeds -- --seed ${plan.seed}`;
  return [...lastLines, `seed ${plan.seed}: ${violation}`, ...plan.faults.map(sentenceOf), again, hash].join('\n');
}

describe('the service in a simulated datacenter', function () {
  this.timeout(300_000);

  it('does the same again with the same seed', async () => {
    const hashes: string[] = [];
    for (const seed of [3, 4, 3, 4]) hashes.push((await run(planOf(seed))).hash);
    const [first, second, ...again] = hashes;
    assert.deepEqual(again, [first, second]);
    assert.notEqual(first, second);
  });

  it('has a place for each bug that is planted to see whether it is found', () => {
    for (const bug of BUGS) assert.ok(planted(bug).every(({ text }) => text.length > 0));
  });

  for (let from = 1; from <= SEEDS; from += AT_ONCE) {
    it(`keeps its promises whatever fails: seeds ${from} to ${from + AT_ONCE - 1}`, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const result = await run(planOf(seed));
        assert.equal(result.violation, undefined, told(result));
      }
    });
  }
});
