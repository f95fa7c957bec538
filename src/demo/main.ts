// The demo: the whole main job, through the public API alone, on a datacenter that it brings up and takes down again.
// Exit code 0: everything was as virtdc promises; 1: something was not; 130: it was interrupted.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, tell } from '../cli/failure.js';
import type { Surroundings } from '../cli/invocation.js';
import { paintFor } from '../cli/paint.js';
import { Screen } from '../cli/screen.js';
import { ending, testimonies } from './chapters/ending.js';
import { guests } from './chapters/guests.js';
import { hosts } from './chapters/hosts.js';
import { evacuation, moving, restart } from './chapters/moving.js';
import { outgrowing, scaling } from './chapters/scaling.js';
import { storage } from './chapters/storage.js';
import type { Datacenter } from './datacenter.js';
import { Discrepancy } from './discrepancy.js';
import { labDatacenter } from './lab.js';
import { DemoService } from './service.js';
import { simulatedDatacenter } from './simulated.js';
import { Stage } from './stage.js';
import { DemoWatch } from './watch.js';

const EXIT_DISCREPANCY = 1;

async function play(stage: Stage): Promise<void> {
  const { datacenter, it } = stage;
  await hosts(stage);
  await storage(stage);
  const watch = new DemoWatch(it);
  try {
    await guests(stage);
    const atFirst = await Promise.all(datacenter.guests.map(({ vmid }) => datacenter.testify(it, vmid)));
    await scaling(stage);
    await moving(stage);
    await outgrowing(stage);
    await evacuation(stage);
    await restart(stage);
    await testimonies(stage, watch, atFirst);
    await ending(stage, watch);
  } finally {
    await watch.stop();
  }
}

async function perform(isLab: boolean, surroundings: Surroundings): Promise<void> {
  const since = performance.now();
  const { stdout, environment } = surroundings;
  const screen = new Screen(stdout, paintFor(stdout.isTTY === true, true, environment));
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-demo-'));
  let datacenter: Datacenter | undefined;
  let service: DemoService | undefined;
  let stage: Stage | undefined;
  try {
    screen.move(isLab ? 'bringing three libvirt hosts up ...' : 'starting the service ...');
    datacenter = isLab ? await labDatacenter(surroundings.interrupted) : await simulatedDatacenter(directory);
    service = new DemoService(join(directory, 'data'), datacenter.environment);
    await service.start();
    screen.still();
    screen.line(
      `${screen.paint.bold('virtdc')}: ${datacenter.description}. The service listens on ${service.address}.`,
    );
    stage = new Stage(datacenter, service, surroundings);
    await play(stage);
    screen.line();
    screen.line(
      `${screen.paint.bold(screen.paint.green('Done'))} in ${Math.round((performance.now() - since) / 1_000)} s.`,
    );
  } finally {
    screen.still();
    stage?.close();
    await service?.stop();
    await datacenter?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function main(words: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr, env: environment } = process;
  const screen = new Screen(stderr, paintFor(stderr.isTTY === true, true, environment));
  if (words.some((word) => word !== '--lab')) {
    screen.line('usage: npm run demo [-- --lab]');
    return EXIT.usage;
  }
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  try {
    await perform(words.includes('--lab'), { stdin, stdout, stderr, environment, interrupted: interrupted.signal });
    return EXIT.ok;
  } catch (error) {
    if (interrupted.signal.aborted) return EXIT.interrupted;
    if (error instanceof Discrepancy) screen.line(`${screen.paint.red('virtdc demo:')} ${error.message}`);
    else tell(error, screen, { server: 'the demo', json: false, timedOut: false, interrupted: false });
    return EXIT_DISCREPANCY;
  }
}

process.exit(await main(process.argv.slice(2)));
