// One run of one drill: opens its stage, runs it, takes it down, and says how that went in one line.

import type { Drill } from './drill.js';
import { Stage } from './stage.js';

export interface RunSettings {
  readonly run: number;
  readonly runs: number;
  readonly seed: number;
  readonly minutes: number | undefined;
  /** The bug that is put in; then a run is as wanted if it fails. */
  readonly plant: string | undefined;
  /** Whether logs and histories stay also where all went well. */
  readonly keep: boolean;
}

export interface Report {
  readonly drill: string;
  readonly plant: string | undefined;
  readonly run: number;
  readonly verdict: 'PASSED' | 'FAILED' | 'SKIPPED' | 'FOUND' | 'MISSED';
  readonly tookMs: number;
  readonly remark: string;
  readonly asWanted: boolean;
}

export async function runDrill(
  drill: Drill,
  settings: RunSettings,
  say: (line: string) => void = console.log,
): Promise<Report> {
  const { run, runs, seed, minutes, plant, keep } = settings;
  if (plant !== undefined && !(plant in drill.plants)) throw new Error(`${drill.name} has no plant ${plant}`);
  const put = plant === undefined ? '' : `, with the bug ${plant}: ${drill.plants[plant]}`;
  say(`${drill.name}  ${drill.title} (run ${run} of ${runs}, seed ${seed}${put})`);
  say(`  expect  ${drill.expect}`);
  const stage = await Stage.open(drill, { seed, minutes, plant, say });
  const beganAt = performance.now();
  try {
    await drill.run(stage);
  } catch (error) {
    stage.check(
      'the drill comes to its end',
      false,
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }
  const wrong = stage.checks.filter(({ holds }) => !holds);
  const failed = wrong.length > 0 || stage.checks.length === 0;
  const asWanted = failed === (plant !== undefined);
  const stays = keep || !asWanted;
  await stage.close(stays);
  const tookMs = performance.now() - beganAt;
  const held = `${stage.checks.length - wrong.length} of ${stage.checks.length} checks held`;
  const remark = wrong[0] === undefined ? held : `${held}; ${firstLine(`${wrong[0].expected}: ${wrong[0].seen}`)}`;
  const verdict = plant === undefined ? (failed ? 'FAILED' : 'PASSED') : failed ? 'FOUND' : 'MISSED';
  say(
    `${drill.name}  ${plant === undefined ? '' : `${plant}: `}${verdict} in ${(tookMs / 1_000).toFixed(1)} s (${held})`,
  );
  if (stays) say(`  its logs and histories are in ${stage.directory}`);
  return { drill: drill.name, plant, run, verdict, tookMs, remark, asWanted };
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}
