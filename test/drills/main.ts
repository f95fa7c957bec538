// npm run drill -- list | all | D13 ... [--runs 3] [--seed N] [--minutes M] [--plant NAME|all] [--keep]: runs drills,
// each telling what it injects, expects and sees, and ends with a table. Exit code 1 if any failed; with --plant, if any
// was not found out.

import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { downIfOurs } from '../lab.js';
import type { Drill } from './drill.js';
import { missingFor } from './needs.js';
import { type Report, runDrill } from './run.js';

const USAGE =
  'usage: npm run drill -- list | all | NAME ... [--runs N] [--seed N] [--minutes M] [--plant NAME|all] [--keep]';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

/** Every file d*.ts beside this one exports one, as `drill`. */
async function allDrills(): Promise<Drill[]> {
  const files = (await readdir(new URL('.', import.meta.url))).filter((name) => /^d\d+-.*\.ts$/.test(name));
  const modules = await Promise.all(
    files.map(async (name) => (await import(new URL(name, import.meta.url).href)) as { drill: Drill }),
  );
  const numberOf = ({ name }: Drill): number => Number(name.slice(1));
  return modules.map(({ drill }) => drill).sort((a, b) => numberOf(a) - numberOf(b));
}

function list(drills: readonly Drill[]): void {
  for (const { name, title, needs, inject, expect, plants } of drills) {
    console.log(`${name}  ${title} (needs ${needs.join(', ') || 'nothing'})`);
    console.log(`  inject  ${inject}`);
    console.log(`  expect  ${expect}`);
    for (const [plant, bug] of Object.entries(plants)) console.log(`  plant   ${plant}: ${bug}`);
  }
}

async function main(): Promise<number> {
  const drills = await allDrills();
  if (positionals.join() === 'list') {
    list(drills);
    return 0;
  }
  const wanted = positionals.includes('all') ? drills : drills.filter(({ name }) => positionals.includes(name));
  const unknown = positionals.filter((name) => name !== 'all' && !drills.some((drill) => drill.name === name));
  const runs = Number(values.runs);
  if (wanted.length === 0 || unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
    console.error(unknown.length > 0 ? `there is no drill ${unknown.join(', ')}\n${USAGE}` : USAGE);
    return 2;
  }
  const reports: Report[] = [];
  try {
    for (const drill of wanted) {
      for (const plant of plantsOf(drill)) reports.push(...(await repeated(drill, runs, plant)));
    }
  } finally {
    await downIfOurs();
  }
  table(reports);
  return reports.every(({ asWanted }) => asWanted) ? 0 : 1;
}

function plantsOf({ plants }: Drill): (string | undefined)[] {
  if (values.plant === undefined) return [undefined];
  return values.plant === 'all' ? Object.keys(plants) : [values.plant];
}

async function repeated(drill: Drill, runs: number, plant: string | undefined): Promise<Report[]> {
  const missing = missingFor(drill.needs);
  if (missing !== undefined) {
    console.log(`${drill.name}  ${drill.title}: skipped, ${missing}`);
    return [{ drill: drill.name, plant, run: 0, verdict: 'SKIPPED', tookMs: 0, remark: missing, asWanted: true }];
  }
  const reports: Report[] = [];
  for (let run = 1; run <= runs; run++) {
    const seed = values.seed === undefined ? randomInt(1, 1_000_000) : Number(values.seed) + run - 1;
    const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
    reports.push(await runDrill(drill, { run, runs, seed, minutes, plant, keep: values.keep }));
  }
  return reports;
}

function table(reports: readonly Report[]): void {
  console.log('');
  const rows = reports.map(({ drill, plant, run, verdict, tookMs, remark }) => [
    drill,
    plant ?? '',
    run === 0 ? '' : String(run),
    verdict,
    `${(tookMs / 1_000).toFixed(1)} s`,
    remark,
  ]);
  const all = [['drill', 'plant', 'run', 'verdict', 'took', 'seen'], ...rows];
  const widths = all.reduce<number[]>(
    (most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)),
    [],
  );
  for (const row of all)
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

process.exitCode = await main();
