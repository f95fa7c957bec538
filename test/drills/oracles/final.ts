// The end of most drills: nothing is asked for any more, all operations end, and T, C, W and the promises are compared.

import { eventually } from '../../eventually.js';
import type { PlainClient } from '../client.js';
import type { Hosts } from '../hosts.js';
import type { Load } from '../load.js';
import type { Stage } from '../stage.js';
import { type BookOptions, readBooks, wrongInBooks } from './books.js';
import { allEnded } from './operations.js';
import { broken, repeat } from './promises.js';
import { type DoubleRuns, differences } from './truth.js';
import type { Watcher } from './watcher.js';

/** Longer than a look at all hosts takes to come round. */
const AGREE_WITHIN_MS = 30_000;
const MOST_TOLD = 3;

export interface Witnesses extends BookOptions {
  readonly client: PlainClient;
  readonly hosts: Hosts;
  readonly load?: Load;
  readonly watcher?: Watcher;
  readonly doubles?: DoubleRuns;
  /** Simulated hosts whose process was killed have forgotten its last moments: what was ended then may run again. */
  readonly forgetful?: boolean;
}

export async function compareAll(stage: Stage, witnesses: Witnesses): Promise<void> {
  const { client, hosts, load, watcher, doubles, foreign = false, forgetful = false } = witnesses;
  await load?.stop();
  const tookMs = await allEnded(client).catch((error: unknown) => String(error));
  stage.check(
    'J: every operation ends within 60 s',
    typeof tookMs === 'number',
    typeof tookMs === 'number' ? `${(tookMs / 1_000).toFixed(1)} s` : tookMs,
  );
  let wrong: string[] = [];
  const agree = async (): Promise<boolean> => {
    wrong = differences((await readBooks(client)).guests, await hosts.domains(), forgetful);
    return wrong.length === 0;
  };
  await eventually('hosts and books agree', agree, { withinMs: AGREE_WITHIN_MS, everyMs: 500 }).catch(() => false);
  const books = await readBooks(client);
  stage.check('T: what runs is what the books say', wrong.length === 0, some(wrong, `${books.guests.length} guests`));
  if (doubles !== undefined) {
    await doubles.stop();
    const { found, samples, partial } = doubles;
    stage.check(
      'T: no guest ran on two hosts',
      found.length === 0,
      some(found, `${samples} looks at all hosts, ${partial} without one that did not answer`),
    );
  }
  const inBooks = wrongInBooks(books, { foreign: foreign || forgetful });
  stage.check(
    'C: claims are the sum over the guests, within what may be sold',
    inBooks.length === 0,
    some(inBooks, `${books.hosts.length} hosts at revision ${books.revision}`),
  );
  if (watcher !== undefined) {
    const told = await watcher.compare(client);
    const { events, resumed, relisted } = watcher;
    stage.check(
      'W: every change once, in order, never oversold, ending as the lists',
      told.length === 0,
      some(told, `${events} changes, resumed ${resumed} times, begun anew ${relisted} times`),
    );
  }
  if (load !== undefined) await comparePromises(stage, load, client);
}

async function comparePromises(stage: Stage, load: Load, client: PlainClient): Promise<void> {
  const { answered, doubtful } = load;
  const lost = await broken(load, await readBooks(client), client);
  stage.check(
    'every answer was kept',
    lost.length === 0,
    some(lost, `${answered.length} mutations were accepted, ${doubtful.size} guests are in doubt`),
  );
  const { asked, wrong } = await repeat(load, client, stage.seed);
  stage.check(
    'asked again, the first answer comes',
    wrong.length === 0,
    some(wrong, `${asked} requests were asked again`),
  );
  const outcomes = load.outcomes();
  const bad = [...outcomes.keys()].filter((name) => name.startsWith('UNKNOWN') || name.startsWith('INTERNAL'));
  const told = [...outcomes].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  stage.check('no client saw UNKNOWN or INTERNAL', bad.length === 0, told.join(', '));
}

/** The first few of what is wrong, or what there is to say where nothing is. */
function some(wrong: readonly string[], otherwise: string): string {
  if (wrong.length === 0) return otherwise;
  const more = wrong.length > MOST_TOLD ? `; and ${wrong.length - MOST_TOLD} more` : '';
  return wrong.slice(0, MOST_TOLD).join('; ') + more;
}
