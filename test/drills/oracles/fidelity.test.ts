// The judge of watches: it has no word against a faithful one, and finds every way in which one may be unfaithful.

import assert from 'node:assert/strict';
import { SeededRandom } from '../../../src/hypervisor/simulated/random.js';
import {
  Expected,
  type Filter,
  type Findings,
  judge,
  type LoggedChange,
  type Mark,
  newFindings,
  replay,
  type Session,
  type ToldEvent,
  textOf,
} from './fidelity.js';

const ALL: Filter = { hostnames: [], states: [], labels: {} };
const WEB: Filter = { hostnames: [], states: [], labels: { app: 'web' } };

/** Some revisions are of no guest. */
function someChanges(seed: number, count: number): LoggedChange[] {
  const random = new SeededRandom(seed);
  const changes: LoggedChange[] = [];
  for (let revision = 1; changes.length < count; revision++) {
    if (random.next() < 0.2) continue;
    const labels = { app: random.next() < 0.5 ? 'web' : 'db' };
    const facts = random.next() < 0.1 ? undefined : { hostname: 'node1', state: 'RUNNING', labels };
    changes.push({ revision, vmid: `guest${random.between(0, 5)}`, facts });
  }
  return changes;
}

const mark = (revision: number): Mark => ({ type: 'mark', revision });

/** What a faithful watch tells after the revision, in answers of three events. */
function faithful(expected: Expected, from: number, to: number): (ToldEvent | Mark)[] {
  const told = expected.events.slice(expected.after(from), expected.after(to));
  return [...told.flatMap((event, index) => (index % 3 === 2 ? [event, mark(event.revision)] : [event])), mark(to)];
}

function judged(expected: Expected, ...sessions: Session[]): Findings {
  const findings = newFindings();
  for (const session of sessions) judge('it', expected, session, findings);
  return findings;
}

const wrongOf = ({ gaps, duplicates, reorderings, others }: Findings) =>
  [gaps, duplicates, reorderings, others].map((found) => found.length);

describe('the judge of watches', () => {
  const changes = someChanges(7, 300);
  const last = changes.at(-1)?.revision ?? 0;
  const session = (from: Session['from'], told: Session['told'], state: Session['state'] = new Map()): Session => ({
    from,
    state,
    told,
  });

  for (const [name, filter] of [
    ['without a filter', ALL],
    ['through a filter', WEB],
  ] as const) {
    const expected = new Expected(changes, filter);
    const middle = Math.floor(last / 2);
    const told = faithful(expected, middle, last);
    const events = told.flatMap((one, index) => (one.type === 'mark' ? [] : [index]));
    const at = (share: number): number => events[Math.floor(events.length * share)] ?? 0;

    it(`has no word against a faithful watch ${name}, from every revision on, and knows what it ends with`, () => {
      for (let from = 0; from <= last; from++) {
        assert.deepEqual(wrongOf(judged(expected, session(from, faithful(expected, from, last)))), [0, 0, 0, 0]);
        const state = expected.stateAt(from);
        const whole = [session('STATE', faithful(expected, from, last), state)];
        assert.deepEqual(wrongOf(judged(expected, ...whole)), [0, 0, 0, 0], `the state as of ${from}`);
        assert.equal(textOf(replay(whole)), textOf(expected.stateAt(last)));
      }
    });

    it(`finds an event that is missing ${name}`, () => {
      for (const index of events) {
        assert.deepEqual(wrongOf(judged(expected, session(middle, told.toSpliced(index, 1)))), [1, 0, 0, 0]);
      }
    });

    it(`finds an event that came twice ${name}, at once or later, or from before the beginning`, () => {
      const twice = told[at(0.3)] as ToldEvent;
      for (const index of [at(0.3) + 1, at(0.8), told.length]) {
        assert.deepEqual(wrongOf(judged(expected, session(middle, told.toSpliced(index, 0, twice)))), [0, 1, 0, 0]);
      }
      const before = expected.events[expected.after(middle) - 1] as ToldEvent;
      assert.deepEqual(wrongOf(judged(expected, session(middle, [before, ...told]))), [0, 1, 0, 0]);
    });

    it(`finds events out of order ${name}`, () => {
      const [one, other] = [told[at(0.3)], told[at(0.3) + 1]].map((event) => event as ToldEvent);
      if (one === undefined || other === undefined) throw new Error('too few');
      const swapped = told.with(at(0.3), told[at(0.6)] as ToldEvent).toSpliced(at(0.6), 1);
      assert.notDeepEqual(wrongOf(judged(expected, session(middle, swapped))), [0, 0, 0, 0]);
      const late = told.toSpliced(at(0.3), 1).toSpliced(at(0.7), 0, one);
      assert.deepEqual(wrongOf(judged(expected, session(middle, late))), [0, 0, 1, 0]);
    });

    it(`finds an answer that promises more than was told ${name}`, () => {
      const [index, event] = [at(0.5), told[at(0.5)] as ToldEvent];
      const promised = told.toSpliced(index, 0, mark(event.revision));
      assert.deepEqual(wrongOf(judged(expected, session(middle, promised))), [0, 0, 1, 0]);
    });

    it(`finds what nobody did ${name}, and a state that there never was`, () => {
      const event = told[at(0.5)] as ToldEvent;
      const other = { ...event, vmid: 'nobody' };
      assert.deepEqual(wrongOf(judged(expected, session(middle, told.with(at(0.5), other)))), [0, 0, 0, 1]);
      const otherwise = { ...event, type: event.type === 'deleted' ? 'upserted' : 'deleted' } as const;
      assert.deepEqual(wrongOf(judged(expected, session(middle, told.with(at(0.5), otherwise)))), [0, 0, 0, 1]);
      const state = expected.stateAt(middle);
      state.set('nobody', 1);
      assert.deepEqual(wrongOf(judged(expected, session('STATE', told, state))), [0, 0, 0, 1]);
    });
  }

  it('finds what was lost between two sessions', () => {
    const expected = new Expected(changes, ALL);
    const cut = expected.events[100]?.revision ?? 0;
    const first = faithful(expected, 0, cut);
    const second = faithful(expected, cut, last);
    assert.deepEqual(wrongOf(judged(expected, session(0, first), session(cut, second))), [0, 0, 0, 0]);
    assert.deepEqual(wrongOf(judged(expected, session(0, first), session(cut, second.slice(1)))), [1, 0, 0, 0]);
  });
});
