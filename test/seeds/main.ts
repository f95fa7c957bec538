// npm run seeds -- [--count N] [--seed S] [--trace] [--faults i,j,...]: runs seeds S, S+1 ...; the first that fails is told with the
// faults that it takes, its last lines and the command that runs it again.

import { parseArgs } from 'node:util';
import { type Plan, planOf, sentenceOf } from './plan.js';
import { BUGS, hunt } from './planted.js';
import { type RunResult, run } from './run.js';
import { shrink } from './shrink.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    faults: { type: 'string' },
    quick: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    bug: { type: 'string', default: '' },
  },
});

function chosen(seed: number): Plan {
  const plan = planOf(seed);
  if (values.faults === undefined) return plan;
  const indices = values.faults
    .split(',')
    .filter((text) => text !== '')
    .map(Number);
  return { ...plan, faults: plan.faults.filter((_, index) => indices.includes(index)) };
}

async function tell(result: RunResult): Promise<void> {
  const { seed } = result.plan;
  const whole = planOf(seed);
  const smaller = values.trace || values.quick ? result : await shrink(result);
  const indices = smaller.plan.faults.map((fault) => whole.faults.findIndex(({ atMs }) => atMs === fault.atMs));
  console.log(smaller.lastLines.join('\n'));
  console.log(`\nseed ${seed} fails: ${result.violation}`);
  if (smaller !== result)
    console.log(`with ${indices.length} of its ${whole.faults.length} faults: ${smaller.violation}`);
  for (const fault of smaller.plan.faults) console.log(`  ${sentenceOf(fault)}`);
  console.log(`again: npm run seeds -- --seed ${seed} --faults ${indices.join(',') || "''"} --trace`);
}

if (values.planted) {
  let missed = 0;
  for (const bug of BUGS.filter(({ name }) => name.includes(values.bug))) {
    const found = hunt(bug);
    if (found === undefined) missed++;
    console.log(`${found === undefined ? 'MISSED' : 'found '} ${bug.name}\n         ${found ?? ''}`);
  }
  process.exit(missed === 0 ? 0 : 1);
}

const first = Number(values.seed);
const count = Number(values.count);
const startedMs = performance.now();
const startedCpu = process.cpuUsage();
const sums = { faults: 0, accepted: 0, refused: 0, revisions: 0, watchEvents: 0, resumptions: 0, guests: 0 };
let done = 0;
const failed: number[] = [];
for (let seed = first; seed < first + count; seed++) {
  const result = await run(chosen(seed), values.trace);
  done++;
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result.figures[name];
  if (values.twice) {
    const again = await run(chosen(seed));
    if (again.hash !== result.hash) {
      console.log(`seed ${seed} is not the same twice: ${result.hash} and ${again.hash}`);
      failed.push(seed);
    }
  }
  if (result.violation === undefined) continue;
  failed.push(seed);
  if (values.keep) console.log(`seed ${seed}: ${result.violation}`);
  else {
    await tell(result);
    break;
  }
}
const seconds = (performance.now() - startedMs) / 1_000;
const cpu = process.cpuUsage(startedCpu);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
console.log(
  `${done} seeds in ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU (${(done / cpuSeconds).toFixed(1)}/s), ` +
    `${sums.faults} faults (${(sums.faults / cpuSeconds).toFixed(0)}/s), ` +
    `${sums.accepted} requests accepted, ${sums.refused} refused, ${sums.guests} guests, ${sums.revisions} revisions, ` +
    `${sums.watchEvents} watch events over ${sums.resumptions} resumptions, ${failed.length} failed`,
);
process.exit(failed.length === 0 ? 0 : 1);
