// The service that leads is stopped at a crash point, in the midst of its deed; another one takes over, looks, and ends
// what was begun. The first, once it goes on, changes nothing any more.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtdcError } from '../../src/client/error.js';
import { eventually } from '../eventually.js';
import type { PlainClient } from './client.js';
import { askAgain, endOf, seconds, TERMINAL_WITHIN_MS, told } from './crash-asking.js';
import { type Cast, CRASH_CASES, type CrashCase, MOVER } from './crash-cases.js';
import type { CrashStage } from './crash-stage.js';
import type { Replica } from './replica.js';

/** In turn: the first one leads in sg3, the other takes over and leads in mg3, and so on. */
const TURNS = ['sg3', 'mg3', 'sc3', 'dl3'] as const;
const TAKEN_OVER_WITHIN_MS = 15_000;
const FROZEN_WITHIN_MS = 30_000;
/** For whoever goes on to do what it had in mind. */
const WATCHED_MS = 3_000;

interface Player {
  readonly replica: Replica;
  readonly client: PlainClient;
}

export async function freezes(set: CrashStage): Promise<void> {
  const { stage, replica } = set;
  const armed = (turn: number): string =>
    TURNS.filter((_, index) => index % 2 === turn)
      .map((name) => `${name}:freeze`)
      .join();
  stage.inject(`whoever leads is stopped at ${TURNS.join(', ')}, and goes on once the other has ended it`);
  await replica.stop();
  await set.begin(armed(0));
  const second = await set.second();
  second.launch({ VIRTDC_FAILPOINT: armed(1) });
  let leads: Player = { replica, client: set.client };
  let follows: Player = { replica: second, client: stage.client(second.address) };
  // All but the mover is one guest: submitted, and terminated in the end.
  const vmidOf = (role: string) => set.cast.vmidOf(role === MOVER ? role : 'frozen');
  for (const name of TURNS) {
    const one = CRASH_CASES.find((known) => known.name === name);
    if (one !== undefined) await freeze(set, { ...set.cast, vmidOf }, one, leads, follows);
    [leads, follows] = [follows, leads];
  }
}

async function freeze(set: CrashStage, cast: Cast, one: CrashCase, leads: Player, follows: Player): Promise<void> {
  const { stage } = set;
  const requestId = `frozen-${one.name}-${stage.seed}`;
  const patience = AbortSignal.timeout(TERMINAL_WITHIN_MS);
  const first = one.ask(leads.client, cast, { requestId, signal: patience }).catch(() => undefined);
  const isFrozen = (): boolean => stateOf(leads.replica) === 'T';
  await eventually(`${leads.replica.name} is stopped at ${one.name}`, isFrozen, { withinMs: FROZEN_WITHIN_MS });
  const frozenAt = performance.now();
  set.client = follows.client;
  await eventually('the other serves', () => serves(follows.client), { withinMs: TERMINAL_WITHIN_MS });
  const { operation, refused } = await askAgain(set, cast, one, requestId);
  const takenMs = performance.now() - frozenAt;
  const ended = operation === undefined ? undefined : await endOf(set, operation);
  const endedMs = performance.now() - frozenAt;
  const wrong = await set.disagreements();
  const before = await set.commitsOfDeposed();
  leads.replica.thaw();
  await sleep(WATCHED_MS);
  const answer = await first;
  const after = await set.commitsOfDeposed();
  wrong.push(...(await set.disagreements()));
  if (refused !== undefined) wrong.push(`asked again: ${refused}`);
  if (ended?.state !== 'OPERATION_STATE_SUCCEEDED') wrong.push('not as expected');
  if (answer?.operation !== undefined && answer.operation.name !== operation)
    wrong.push(`answered ${answer.operation.name} first, then ${operation}`);
  if (after !== before) wrong.push(`${after - before} commits of the deposed one`);
  if (takenMs > TAKEN_OVER_WITHIN_MS) wrong.push('taken over too late');
  const times = `answered by the other after ${seconds(takenMs)}, ${told(ended)} after ${seconds(endedMs)}`;
  stage.check(
    `${one.name} freeze: the other takes over, and the first changes nothing when it goes on`,
    wrong.length === 0,
    [times, ...wrong].join('; '),
  );
}

async function serves(client: PlainClient): Promise<boolean> {
  try {
    await client.operations.listOperations({ pageSize: 1 });
    return true;
  } catch (error) {
    if (error instanceof VirtdcError) return false;
    throw error;
  }
}

/** As the kernel has it: T is stopped. */
function stateOf({ pid }: Replica): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
