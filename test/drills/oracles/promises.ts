// What clients were promised, against what there is: no guest that was answered is missing, none that was removed is
// there, and who asks again with the same request id gets the first answer, for one effect.

import { SeededRandom } from '../../../src/hypervisor/simulated/random.js';
import type { PlainClient } from '../client.js';
import type { Load } from '../load.js';
import type { Books } from './books.js';

/** Requests that are asked again in the end. */
const REPEATED = 100;

/** Acked guests that are missing, removed ones that are there. All operations have to have ended. */
export async function broken(load: Load, { guests }: Books, client: PlainClient): Promise<string[]> {
  const wrong: string[] = [];
  const there = new Set(guests.map(({ vmid }) => vmid));
  for (const { vmid, submit, submitState, terminate } of load.promised.values()) {
    if (load.doubtful.has(vmid)) continue;
    if (terminate !== undefined) {
      const { operation } = await client.operations.getOperation({ name: terminate.operation ?? '' });
      const removed = operation?.state === 'OPERATION_STATE_SUCCEEDED';
      if (removed === there.has(vmid))
        wrong.push(`${vmid} was to be removed: ${operation?.state}, it is ${removed ? '' : 'not '}there`);
      continue;
    }
    const state = submitState ?? (await client.operations.getOperation({ name: submit.operation })).operation?.state;
    const made = state === 'OPERATION_STATE_SUCCEEDED';
    if (made !== there.has(vmid)) wrong.push(`${vmid} was submitted: ${state}, it is ${made ? 'not ' : ''}there`);
  }
  const known = new Set([...load.promised.keys(), ...load.doubtful]);
  for (const vmid of there) if (!known.has(vmid)) wrong.push(`${vmid} is there, and nobody was told so`);
  return wrong;
}

export interface Repeated {
  readonly asked: number;
  readonly wrong: readonly string[];
}

/** Asks some of what was answered again, and compares the answers. */
export async function repeat(load: Load, client: PlainClient, seed: number): Promise<Repeated> {
  const random = new SeededRandom(seed);
  const some = [...load.answered]
    .map((one) => ({ one, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, REPEATED)
    .map(({ one }) => one);
  const wrong: string[] = [];
  for (const { op, args, operation, again } of some) {
    const answer = await again(client).catch((error: unknown) => String(error));
    if (answer !== operation)
      wrong.push(`${op} ${String(args.vmid)} ${String(args.requestId)}: first ${operation}, again ${answer}`);
  }
  return { asked: some.length, wrong };
}
