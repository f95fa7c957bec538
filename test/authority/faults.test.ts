// What the authority does when commits fail: nothing is answered that is not so, and the fleet in memory is never ahead.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Change, KEY_OF, put, remove } from '../../src/fleet/change.js';
import { accept, type Command } from '../../src/fleet/decision.js';
import { LIMITS } from '../../src/limits.js';
import { ENTITY_KINDS, entityOf } from '../inventory/arbitraries.js';
import { accepted, addPool, CALLER, contentsOf, leadingStage, poolOf, stage, unavailable } from './stage.js';

const UNAVAILABLE = { error: 'UNAVAILABLE' } as const;
const LOST_DONE = { error: 'UNKNOWN_OUTCOME', done: true } as const;
const LOST_UNDONE = { error: 'UNKNOWN_OUTCOME' } as const;

function change(changes: readonly Change[]): Command<number> {
  return { name: 'change', decide: () => accept(changes.length, changes) };
}

/** Stores a text that no database takes. */
const poison: Command<number> = change([put('pool', { ...poolOf('poison'), exportedBy: '\0' })]);

describe('authority, when the database is unavailable', () => {
  it('tries again, and answers as if nothing had happened', async () => {
    const { authority, befall, clock, calls } = await leadingStage();
    befall('commit', UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
    assert.equal(calls.get('commit'), 4);
    assert.equal(authority.health.state, 'LEADING');
  });

  it('gives up after so many tries, undoes what was decided, and rejects all that rested on it', async () => {
    const { authority, befall, clock, database, told } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('kept'), CALLER)));
    const before = contentsOf(authority.fleet);
    befall('commit', ...Array.from({ length: LIMITS.commitRetries + 1 }, () => ({ ...UNAVAILABLE, delayMs: 1 })));
    const first = unavailable(authority.execute(addPool('a'), CALLER));
    await clock.advance(0);
    const onTop = [
      unavailable(authority.execute(addPool('b'), CALLER)),
      unavailable(authority.execute(addPool('a'), CALLER)),
      unavailable(authority.read((fleet) => fleet.count('pool'))),
    ];
    await clock.until(Promise.all([first, ...onTop]));
    assert.deepEqual(contentsOf(authority.fleet), before);
    assert.equal(database.lastRevision, 1);
    assert.equal(authority.health.state, 'UNAVAILABLE');
    await unavailable(authority.execute(addPool('c'), CALLER));
    assert.deepEqual(await authority.read((fleet) => fleet.count('pool')), { value: 1, revision: 1 });

    await clock.until(authority.leading());
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
    assert.deepEqual(
      told.map(({ revision }) => revision),
      [1, 2],
    );
  });

  it('tells so when the lease cannot be renewed, does not act past its end, and leads again when it can', async () => {
    const { authority, befall, clock } = await leadingStage();
    assert.equal(authority.mayAct(), true);
    befall('renewLease', ...Array.from({ length: 20 }, () => UNAVAILABLE));
    await clock.advance(LIMITS.leaseRenewMs + 1);
    assert.equal(authority.health.state, 'UNAVAILABLE');
    assert.equal(authority.mayAct(), true);
    await clock.advance(LIMITS.leaseTtlMs - LIMITS.leaseSendMarginMs - LIMITS.leaseRenewMs - 1);
    assert.equal(authority.mayAct(), false);
    await clock.advance(20 * LIMITS.leaseRetryMs);
    assert.equal(authority.health.state, 'LEADING');
    assert.equal(authority.epoch, 1);
    assert.equal(authority.mayAct(), true);
  });

  it('starts as soon as the database is there', async () => {
    const { authority, befall, clock } = stage();
    befall('acquireLease', UNAVAILABLE, UNAVAILABLE);
    befall('load', UNAVAILABLE);
    await clock.advance(0);
    assert.equal(authority.health.state, 'UNAVAILABLE');
    await clock.until(authority.leading());
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
  });

  it('undoes any changes exactly', async () => {
    const anyChange = fc.oneof(
      ...ENTITY_KINDS.flatMap((kind): fc.Arbitrary<Change>[] => [
        entityOf(kind).map((entity) => put(kind, entity)),
        entityOf(kind).map((entity) => remove(kind, KEY_OF[kind](entity as never), 'REMOVED')),
      ]),
    );
    const someChanges = fc.array(anyChange, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(someChanges, { maxLength: 4 }),
        fc.array(someChanges, { minLength: 1, maxLength: 6 }),
        async (committed, undone) => {
          const { authority, befall, clock } = await leadingStage();
          for (const changes of committed) await clock.until(authority.execute(change(changes), CALLER));
          const before = contentsOf(authority.fleet);
          befall('commit', { error: 'FENCED', delayMs: 5 });
          const [first = [], ...rest] = undone;
          const answers = [unavailable(authority.execute(change(first), CALLER))];
          // The rest is decided on top of a batch that is being committed.
          await clock.advance(1);
          for (const changes of rest) answers.push(unavailable(authority.execute(change(changes), CALLER)));
          const { fleet } = authority;
          await clock.until(Promise.all(answers));
          assert.deepEqual(contentsOf(fleet), before);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('authority, when a decision can never be stored', () => {
  it('fails that one alone, and decides all others anew without it', async () => {
    const { authority, befall, clock, database, told, calls } = await leadingStage();
    befall('commit', { delayMs: 5 });
    const first = authority.execute(addPool('first'), CALLER);
    await clock.advance(1);
    const good = Array.from({ length: 40 }, (_, i) => i).map((i) =>
      i === 17 ? undefined : authority.execute(addPool(`p${i}`), CALLER),
    );
    const bad = assert.rejects(authority.execute(poison, CALLER), { name: 'InternalError' });
    const reader = authority.read((fleet) => fleet.get('pool', 'poison'));
    for (const answer of await clock.until(Promise.all([first, ...good]))) if (answer) accepted(answer);
    await clock.until(bad);
    assert.equal((await clock.until(reader)).value, undefined);
    assert.equal(database.lastRevision, 40);
    assert.deepEqual(
      told.map(({ revision }) => revision),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assert.ok((calls.get('commit') ?? 0) <= 20, `${calls.get('commit')} commits`);
    assert.equal(authority.fleet.count('pool'), 40);
  });

  it('decides anew what rested on it', async () => {
    const { authority, clock } = await leadingStage();
    const bad = assert.rejects(authority.execute(poison, CALLER), { name: 'InternalError' });
    const refused = authority.execute(addPool('poison'), CALLER);
    await clock.until(bad);
    accepted(await clock.until(refused));
  });

  it('condemns nobody for what passes by itself', async () => {
    const { authority, befall, clock, told } = await leadingStage();
    befall('commit', ...Array.from({ length: LIMITS.poisonRetries }, () => ({ error: 'POISON' }) as const));
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
    assert.deepEqual(
      told.map(({ key }) => key),
      ['a'],
    );
  });

  it('fails a request with such an answer, and the id may be used again', async () => {
    const { authority, clock } = await leadingStage();
    const caller = { ...CALLER, request: { id: 'r', payloadHash: 'h' } };
    const odd: Command<unknown> = { name: 'odd', decide: () => accept(new Map(), [put('pool', poolOf('a'))]) };
    await assert.rejects(clock.until(authority.execute(odd, caller)), { name: 'InternalError' });
    accepted(await clock.until(authority.execute(addPool('a'), caller)));
  });
});

describe('authority, when the answer to a commit is lost', () => {
  for (const [name, loss, committedTwice] of [
    ['that was done', LOST_DONE, false],
    ['that was not done', LOST_UNDONE, true],
  ] as const) {
    it(`finds out about one ${name}, under the next epoch`, async () => {
      const { authority, befall, clock, database, told, calls } = await leadingStage();
      befall('commit', { ...loss, delayMs: 10 });
      befall('acquireLease', UNAVAILABLE, { delayMs: 100 });
      const answer = authority.execute(addPool('a'), CALLER);
      await clock.advance(50);
      assert.equal(authority.health.state, 'UNAVAILABLE');
      await unavailable(authority.execute(addPool('b'), CALLER));
      accepted(await clock.until(answer));
      assert.equal(authority.epoch, 2);
      assert.equal(calls.get('commit'), committedTwice ? 2 : 1);
      assert.equal(database.lastRevision, 1);
      assert.equal(told.length, 1);
      assert.equal(authority.health.state, 'LEADING');
      accepted(await clock.until(authority.execute(addPool('b'), CALLER)));
    });
  }

  it('finds out also if another leads already, and steps down', async () => {
    const { authority, befall, clock, database, told } = await leadingStage();
    befall('commit', { ...LOST_DONE, delayMs: 1 });
    befall('acquireLease', UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
    const answer = authority.execute(addPool('a'), CALLER);
    await clock.advance(1);
    // As if its lease had run out meanwhile.
    database.lease.endsAtMs = clock.monotonicMs();
    const other = await leadingStage('two', database);
    accepted(await clock.until(other.authority.execute(addPool('b'), CALLER)));
    accepted(await clock.until(answer));
    assert.equal(authority.health.state, 'FOLLOWING');

    await clock.until(other.authority.close());
    await clock.until(authority.leading());
    assert.deepEqual(contentsOf(authority.fleet), contentsOf(other.authority.fleet));
    assert.deepEqual(
      told.map(({ revision, key }) => [revision, key]),
      [
        [1, 'a'],
        [2, 'b'],
      ],
    );
  });

  for (const [name, loss] of [
    ['was done', LOST_DONE],
    ['was not done', LOST_UNDONE],
  ] as const) {
    it(`tells callers after a while that it does not know, and does once what ${name} then`, async () => {
      const { authority, befall, clock, database, told } = await leadingStage();
      befall('commit', { ...loss, delayMs: 10 });
      befall('acquireLease', ...Array.from({ length: 20 }, () => UNAVAILABLE));
      const request = { id: 'r', payloadHash: 'h' };
      const first = unavailable(authority.execute(addPool('a'), { ...CALLER, request }));
      await clock.advance(5);
      const onTop = unavailable(authority.execute(addPool('b'), CALLER));
      await clock.advance(LIMITS.outcomeWaitMs + LIMITS.leaseRetryMs);
      await Promise.all([first, onTop]);
      assert.equal(authority.health.state, 'UNAVAILABLE');
      // Nobody is to wait for what took too long for others, not even who only reads.
      await unavailable(authority.read((fleet) => fleet.count('pool')));

      await clock.until(authority.leading());
      const again = await clock.until(authority.execute(addPool('a'), { ...CALLER, request }));
      assert.equal(again.accepted && again.replayed, loss === LOST_DONE);
      accepted(await clock.until(authority.execute(addPool('b'), CALLER)));
      assert.equal(database.lastRevision, 2);
      assert.deepEqual(
        told.map(({ revision, key }) => [revision, key]),
        [
          [1, 'a'],
          [2, 'b'],
        ],
      );
    });
  }

  it('can be closed while it does not know', async () => {
    const { authority, befall, clock } = await leadingStage();
    befall('commit', LOST_DONE);
    befall('acquireLease', ...Array.from({ length: 100 }, () => UNAVAILABLE));
    const answer = unavailable(authority.execute(addPool('a'), CALLER));
    await clock.advance(1_000);
    await clock.until(authority.close());
    await clock.until(answer);
  });
});

describe('authority, when it is fenced', () => {
  it('steps down, rejects what was pending, and leads again with what the others did', async () => {
    const { authority, befall, clock, database, told } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('mine'), CALLER)));
    // As if it had been frozen past the end of its lease.
    database.lease.endsAtMs = clock.monotonicMs();
    const other = await leadingStage('two', database);
    accepted(await clock.until(other.authority.execute(addPool('theirs'), CALLER)));

    befall('commit', { delayMs: 5 });
    const late = [unavailable(authority.execute(addPool('late'), CALLER))];
    await clock.advance(1);
    late.push(unavailable(authority.execute(addPool('later'), CALLER)));
    await clock.until(Promise.all(late));
    assert.equal(authority.health.state, 'FOLLOWING');
    assert.equal(authority.mayAct(), false);
    await unavailable(authority.execute(addPool('x'), CALLER));

    accepted(await clock.until(other.authority.execute(addPool('more'), CALLER)));
    await clock.until(other.authority.close());
    await clock.until(authority.leading());
    accepted(await clock.until(authority.execute(addPool('mine-again'), CALLER)));
    assert.deepEqual(
      told.map(({ revision, key }) => [revision, key]),
      [
        [1, 'mine'],
        [2, 'theirs'],
        [3, 'more'],
        [4, 'mine-again'],
      ],
    );
  });

  it('hears of it from the renewal of its lease', async () => {
    const { authority, clock, database } = await leadingStage();
    database.lease.endsAtMs = clock.monotonicMs();
    const other = await leadingStage('two', database);
    await clock.advance(LIMITS.leaseRenewMs + 1);
    assert.equal(authority.health.state, 'FOLLOWING');
    assert.equal(other.authority.health.state, 'LEADING');
  });

  it('waits for a lease that another holds', async () => {
    const first = await leadingStage();
    const second = stage('two', first.database);
    await first.clock.advance(60_000);
    assert.equal(second.authority.health.state, 'FOLLOWING');
    await first.clock.until(first.authority.close());
    await first.clock.until(second.authority.leading());
  });
});

describe('authority, when it meets a bug', () => {
  it('says so, decides nothing more and can be closed', async () => {
    const { authority, database, clock } = await leadingStage();
    // Not an InventoryError: nobody could say what state things are in.
    Object.defineProperty(database, 'lease', {
      get: () => {
        throw new TypeError('a bug');
      },
    });
    await clock.until(unavailable(authority.execute(addPool('a'), CALLER)));
    assert.equal(authority.health.state, 'FAILED');
    await unavailable(authority.execute(addPool('b'), CALLER));
    await assert.rejects(authority.leading(), { name: 'UnavailableError' });
  });

  it('tells the other listeners what one of them could not take', async () => {
    const { authority, clock, told } = await leadingStage();
    authority.onCommit(() => {
      throw new TypeError('a bug');
    });
    const heard: number[] = [];
    authority.onCommit((entries) => heard.push(entries.length));
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
    assert.deepEqual([told.length, heard], [1, [1]]);
  });
});
