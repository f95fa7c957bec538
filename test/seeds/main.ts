// npm run seeds -- [--count N] [--from S] [--jobs J]: runs seeds S, S+1 ...; the first that fails is told with the faults that
// it takes, its last lines, the hash of its trace and the command that runs it again. [--keep]: goes on after a failure.
// [--twice]: each runs twice and has to be the same. [--seed S] [--trace] [--faults i,j,...]: one seed, line by line, with some
// of its faults. [--planted] [--bug NAME]: plants bugs, and tells the seed that finds each.

import { parseArgs } from 'node:util';
import { hunt } from './hunt.js';
import { type Outcome, runSeeds } from './jobs.js';
import { type Plan, planOf, sentenceOf } from './plan.js';
import { BUGS } from './planted.js';
import { run } from './run.js';
import { shrink } from './shrink.js';
import { Tally } from './tally.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    faults: { type: 'string' },
    planted: { type: 'boolean', default: false },
    bug: { type: 'string', default: '' },
  },
});

const PROGRESS_EVERY_MS = 10_000;

if (values.planted) process.exit(huntAll() ? 0 : 1);
if (values.seed !== undefined) process.exit((await replay(Number(values.seed))) ? 0 : 1);
process.exit((await runMany()) ? 0 : 1);

function huntAll(): boolean {
  const found = BUGS.filter(({ name }) => name.includes(values.bug)).map((bug) => {
    const said = hunt(bug);
    console.log(
      `${said === undefined ? 'MISSED' : 'found '} ${bug.name}${said === undefined ? '' : `\n         ${said}`}`,
    );
    return said !== undefined;
  });
  console.log(`${found.filter(Boolean).length} of ${found.length} planted bugs found`);
  return !found.includes(false);
}

async function replay(seed: number): Promise<boolean> {
  const { violation, hash, plan } = await run(chosen(planOf(seed)), values.trace);
  if (violation !== undefined) for (const fault of plan.faults) console.log(`  ${sentenceOf(fault)}`);
  console.log(`seed ${seed} ${violation === undefined ? 'passes' : `fails: ${violation}`}\ntrace ${hash}`);
  return violation === undefined;
}

function chosen(plan: Plan): Plan {
  if (values.faults === undefined) return plan;
  const indices = values.faults.split(',').filter((text) => text !== '');
  return { ...plan, faults: plan.faults.filter((_, index) => indices.includes(String(index))) };
}

async function runMany(): Promise<boolean> {
  const [from, count, jobs] = [Number(values.from), Number(values.count), Number(values.jobs)];
  const sums = new Tally();
  const failed: Outcome[] = [];
  const startedMs = performance.now();
  let toldMs = startedMs;
  let done = 0;
  await runSeeds({ from, count, twice: values.twice }, jobs, (outcome) => {
    done++;
    sums.add(outcome.tally);
    if (outcome.violation !== undefined) {
      failed.push(outcome);
      console.log(
        `seed ${outcome.seed} fails: ${outcome.violation}\n  trace ${outcome.hash}, again: ${again(outcome.seed)}`,
      );
    }
    if (performance.now() - toldMs > PROGRESS_EVERY_MS) {
      toldMs = performance.now();
      console.log(`${done} of ${count} seeds, ${failed.length} failed, ${seconds(startedMs)} s`);
    }
    return failed.length === 0 || values.keep;
  });
  const [first] = failed;
  if (first !== undefined && !values.keep && !values.quick) await tell(first.seed);
  console.log(summary(sums, done, failed.length, seconds(startedMs)));
  return failed.length === 0;
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(1);
}

function again(seed: number, faults = ''): string {
  return `npm run seeds -- --seed ${seed}${faults} --trace`;
}

/** With as few faults as it fails with. */
async function tell(seed: number): Promise<void> {
  const whole = planOf(seed);
  const smaller = await shrink(await run(whole));
  const indices = smaller.plan.faults.map((fault) => whole.faults.indexOf(fault));
  console.log(smaller.lastLines.join('\n'));
  console.log(`\nwith ${indices.length} of its ${whole.faults.length} faults: ${smaller.violation}`);
  for (const fault of smaller.plan.faults) console.log(`  ${sentenceOf(fault)}`);
  console.log(`again: ${again(seed, ` --faults ${indices.join(',') || "''"}`)}`);
}

function summary(sums: Tally, done: number, failed: number, took: string): string {
  const { user, system } = process.cpuUsage();
  const list = (prefix: string) =>
    sums
      .under(prefix)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  return [
    `${done} seeds in ${took} s (${((user + system) / 1e6).toFixed(1)} s of CPU in this process), ${failed} failed`,
    `${sums.of('steps')} steps checked, ${sums.of('revisions')} revisions, ${sums.of('guests')} guests`,
    `${sums.sum('fault ')} faults: ${list('fault ')}; migrations struck: ${list('strikes in ')}`,
    `${sums.sum('requests ')} requests: ${list('requests ')}`,
    `${sums.sum('operation ')} operations: ${list('operation ')}`,
    `${sums.sum('races ')} races for the last slot: ${list('races ')}; ${sums.of('copies compared')} copies compared`,
    `${sums.of('watch events')} watch events over ${sums.of('watches begun')} watches, ${sums.of('watches told to relist')} told to relist`,
  ].join('\n');
}
