// Who may go next, against the plain rule: the first who waits and whose places are free, and wanted by nobody before them.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Operation } from '../../src/fleet/operation.js';
import { LIMITS } from '../../src/limits.js';
import { Admission } from '../../src/operations/admission.js';

const HOSTS = ['a', 'b', 'c'];

interface One {
  readonly places: readonly string[];
  state: 'WAITS' | 'IN' | 'OUT';
}

/** Admits whoever may go in now, by looking at all who wait, oldest first. */
function plainly(all: readonly One[], limitOf: (place: string) => number): void {
  const wanted = new Set<string>();
  for (const one of all) {
    if (one.state !== 'WAITS') continue;
    const taken = (place: string): number =>
      all.filter(({ state, places }) => state === 'IN' && places.includes(place)).length;
    if (one.places.every((place) => !wanted.has(place) && taken(place) < limitOf(place))) one.state = 'IN';
    else for (const place of one.places) wanted.add(place);
  }
}

const step = fc.record({
  what: fc.constantFrom('move', 'create', 'leave', 'abort'),
  from: fc.constantFrom(...HOSTS),
  to: fc.constantFrom(...HOSTS),
  which: fc.nat(50),
});

describe('admission', () => {
  it('lets in whom the plain rule lets in, whoever leaves or gives up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const admission = new Admission();
        const all: One[] = [];
        const seen: ('WAITS' | 'IN' | 'OUT')[] = [];
        const leaves = new Map<number, () => void>();
        const aborts: AbortController[] = [];
        for (const one of steps) {
          if (one.what === 'leave' || one.what === 'abort') {
            const state = one.what === 'leave' ? 'IN' : 'WAITS';
            const candidates = all.flatMap((each, index) => (each.state === state ? [index] : []));
            const index = candidates[one.which % Math.max(1, candidates.length)];
            if (index === undefined) continue;
            (all[index] as One).state = 'OUT';
            seen[index] = 'OUT';
            if (one.what === 'leave') leaves.get(index)?.();
            else aborts[index]?.abort(new Error('enough'));
          } else {
            const index = all.length;
            const { what, from, to } = one;
            all.push({ places: what === 'move' ? [`out ${from}`, `in ${to}`] : [`on ${from}`], state: 'WAITS' });
            seen.push('WAITS');
            const abort = new AbortController();
            aborts.push(abort);
            const input =
              what === 'move' ? { kind: 'MIGRATE_GUEST', sourceHost: from, destHost: to } : { kind: 'CREATE_GUEST' };
            admission.enter({ input } as Operation, from, abort.signal).then(
              (leave) => {
                seen[index] = 'IN';
                leaves.set(index, leave);
              },
              () => undefined,
            );
          }
          plainly(all, (place) =>
            place.startsWith('on') ? LIMITS.operationsAtOncePerHost : LIMITS.migrationsInPerHost,
          );
          await new Promise(setImmediate);
          assert.deepEqual(
            seen,
            all.map(({ state }) => state),
          );
        }
      }),
    );
  });

  it('turns away all that wait, and nobody who is in', async () => {
    const admission = new Admission();
    const enter = (): Promise<() => void> =>
      admission.enter({ input: { kind: 'CREATE_GUEST' } } as Operation, 'a', new AbortController().signal);
    const inside = await Promise.all(Array.from({ length: LIMITS.operationsAtOncePerHost }, enter));
    const outside = enter();
    admission.turnAway(new Error('another leads'));
    await assert.rejects(outside, /another leads/);
    const next = enter();
    inside[0]?.();
    await next;
  });
});
