// One stroke at a crash point: the call, the death, the return, the same call again, and whether all is as it is to be.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CRASH_POINTS } from '../../src/operations/crash-points.js';
import { askAgain, endOf, seconds, TERMINAL_WITHIN_MS, told } from './crash-asking.js';
import { type Cast, CRASH_CASES, type CrashCase, MOVER, type Sight } from './crash-cases.js';
import type { CrashStage } from './crash-stage.js';

const STRUCK_WITHIN_MS = 60_000;

/** The service that comes back is armed for the next one already. */
export async function strike(set: CrashStage, one: CrashCase, next: CrashCase | undefined): Promise<void> {
  const { stage, replica, client, cast } = set;
  const { name, role } = one;
  if (set.armed !== `${name}:kill`) {
    await replica.stop();
    await set.begin(`${name}:kill`);
  }
  const before = await set.sight(role);
  const known = await set.operationsOn(role);
  const requestId = `${name}-${stage.seed}`;
  const calledAt = performance.now();
  const first = one.ask(client, cast, { requestId, signal: AbortSignal.timeout(STRUCK_WITHIN_MS) }).then(
    ({ operation }) => operation?.name ?? '',
    () => undefined,
  );
  const patience = new AbortController();
  const died = await Promise.race([replica.exit, sleep(STRUCK_WITHIN_MS, undefined, { signal: patience.signal })]);
  patience.abort();
  if (died?.signal !== 'SIGKILL') {
    stage.check(`${name} is reached`, false, died === undefined ? 'never' : `it ended with ${died.code}`);
    return;
  }
  const diedMs = performance.now() - calledAt;
  const answered = await first;
  await set.begin(next === undefined ? '' : `${next.name}:kill`);
  const backAt = performance.now();
  const again = await askAgain(set, cast, one, requestId);
  const ended = again.operation === undefined ? undefined : await endOf(set, again.operation);
  const tookMs = performance.now() - backAt;
  const wrong = await set.disagreements();
  const after = await set.sight(role);
  const made = (await set.operationsOn(role)).filter((operation) => !known.includes(operation));
  if (again.refused !== undefined) wrong.push(`asked again: ${again.refused}`);
  if (answered !== undefined && answered !== (again.operation ?? ''))
    wrong.push(`answered ${answered} first, then ${again.operation}`);
  if (role !== '' && made.join() !== again.operation)
    wrong.push(`${made.length} operations were begun: ${made.join()}`);
  if (!one.holds({ operation: ended, before, after })) wrong.push(`not as expected: ${inWords(after)}`);
  if (tookMs > TERMINAL_WITHIN_MS) wrong.push('too late');
  const times = `died after ${seconds(diedMs)}, ${told(ended)} ${seconds(tookMs)} after its return`;
  stage.check(`${name} kill: ${one.expect}`, wrong.length === 0, [times, ...wrong].join('; '));
  if (role === '') await client.hosts.removeHost({ hostname: cast.spare.hostname });
}

/** All points at once, in one life: at each, once, something is thrown that nobody expects. */
export async function defects(set: CrashStage): Promise<void> {
  const { stage, replica, client } = set;
  // Guests of their own, which boot once too.
  const vmidOf = (role: string) => set.cast.vmidOf(role === MOVER ? role : `defect-${role}`);
  const cast: Cast = { ...set.cast, vmidOf };
  const names = Object.keys(CRASH_POINTS);
  await replica.stop();
  await set.begin(names.map((name) => `${name}:error`).join());
  stage.inject(`a defect at each of ${names.length} points, in one life`);
  // One that is hit before its call ends without a move; one that is adopted comes by none of the places in its midst.
  const wanted = ['rh1', 'sg0', 'sc2', 'mg2', 'mg3', 'mg4', 'mg5', 'dl1'];
  const cases = wanted.flatMap((name) => CRASH_CASES.find((one) => one.name === name) ?? []);
  const ends: string[] = [];
  for (const one of cases) {
    const { operation, refused } = await askAgain(set, cast, one, `defect-${one.name}-${stage.seed}`);
    const ended = operation === undefined ? undefined : await endOf(set, operation);
    ends.push(`${one.name.slice(0, 2)} ${refused ?? told(ended)}`);
  }
  await client.hosts.removeHost({ hostname: cast.spare.hostname });
  const wrong = await set.disagreements();
  const expected =
    'rh done, sg SUCCEEDED, sc SUCCEEDED, mg MIGRATION_STAYED, mg SUCCEEDED, mg SUCCEEDED, mg SUCCEEDED, dl SUCCEEDED';
  if (ends.join(', ') !== expected) wrong.push('not as expected');
  stage.check(`error at all: ${expected}`, wrong.length === 0, [ends.join(', '), ...wrong].join('; '));
  const log = await readFile(stage.file('virtdc.log'), 'utf8');
  const missed = names.filter((name) => !log.includes(`"failpoint":"${name}","action":"error"`));
  stage.check('each defect showed', missed.length === 0, missed.join() || `all ${names.length}`);
}

function inWords({ guest, domains, boots, spare }: Sight): string {
  if (guest === undefined && domains === '') return spare === undefined ? 'nothing' : spare.condition;
  return `${guest?.state ?? 'no guest'} on ${guest?.hostname}, ${domains || 'no domain'}, ${boots.length} boots`;
}
