// One that follows: it has what the leader has committed, reads and watches go on with it, and it takes over from there.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Change, KEY_OF, put, remove } from '../../src/fleet/change.js';
import { accept, type Command } from '../../src/fleet/decision.js';
import { LIMITS } from '../../src/limits.js';
import { ENTITY_KINDS, entityOf } from '../inventory/arbitraries.js';
import { accepted, addPool, CALLER, contentsOf, leadingStage, type Stage, stage, unavailable } from './stage.js';

const LOST = { error: 'UNAVAILABLE' } as const;

/** A leader, and a second one that follows it. */
async function both(): Promise<{ readonly leader: Stage; readonly follower: Stage }> {
  const leader = await leadingStage();
  const follower = stage('two', leader.database);
  await leader.clock.until(follower.authority.serving());
  assert.equal(follower.authority.health.state, 'FOLLOWING');
  return { leader, follower };
}

/** As if the leader had been killed: its lease runs out, and nothing of it is heard again. */
async function takenOver({ leader, follower }: { leader: Stage; follower: Stage }): Promise<void> {
  leader.befall('renewLease', ...Array.from({ length: 1_000 }, () => LOST));
  await leader.clock.until(follower.authority.leading());
}

const revisionsOf = ({ told }: Stage) => told.map(({ revision }) => revision);

describe('one that follows', () => {
  it('believes in a leader once it has seen it alive, and takes over from one that is not', async () => {
    const leader = await leadingStage();
    leader.befall('renewLease', ...Array.from({ length: 1_000 }, () => LOST));
    const second = stage('two', leader.database);
    await leader.clock.advance(LIMITS.leaseTtlMs - 1);
    assert.equal(second.authority.health.state, 'STARTING');
    await leader.clock.advance(LIMITS.leaseRetryMs);
    assert.equal(second.authority.health.state, 'LEADING');
  });

  it('reads what was committed, at its revision, within a moment of the commit', async () => {
    const { leader, follower } = await both();
    const { clock } = leader;
    accepted(await clock.until(leader.authority.execute(addPool('a'), CALLER)));
    await clock.until(follower.authority.reached(1, new AbortController().signal));
    const { value, revision } = await clock.until(follower.authority.read((fleet) => fleet.count('pool')));
    assert.deepEqual({ value, revision }, { value: 1, revision: 1 });
    assert.deepEqual(revisionsOf(follower), [1]);
    await unavailable(follower.authority.execute(addPool('b'), CALLER));
    const { authority } = follower;
    const { holder = '', address = '', isSelf } = authority.leader ?? {};
    assert.deepEqual([authority.leads, holder, address, isSelf], [false, 'one', 'one:1', false]);
    assert.equal(authority.mayAct(), false);
  });

  it('is only later where the news are lost', async () => {
    const { leader, follower } = await both();
    follower.befall('news', ...Array.from({ length: 10 }, () => LOST));
    accepted(await leader.clock.until(leader.authority.execute(addPool('a'), CALLER)));
    await leader.clock.advance(LIMITS.leaseRetryMs + 1);
    assert.deepEqual(revisionsOf(follower), [1]);
  });

  it('has the same fleet as the leader, whatever was changed', async () => {
    const anyChange = fc.oneof(
      ...ENTITY_KINDS.flatMap((kind): fc.Arbitrary<Change>[] => [
        entityOf(kind).map((entity) => put(kind, entity)),
        entityOf(kind).map((entity) => remove(kind, KEY_OF[kind](entity as never), 'REMOVED')),
      ]),
    );
    const decisions = fc.array(fc.array(anyChange, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(decisions, async (made) => {
        const { leader, follower } = await both();
        for (const changes of made) {
          const command: Command<number> = { name: 'change', decide: () => accept(0, changes) };
          accepted(await leader.clock.until(leader.authority.execute(command, CALLER)));
        }
        const { revision } = leader.authority;
        await leader.clock.until(follower.authority.reached(revision, new AbortController().signal));
        assert.deepEqual(contentsOf(follower.authority.fleet), contentsOf(leader.authority.fleet));
      }),
      { numRuns: 30 },
    );
  });

  it('takes over without loading anything again, and gives known requests their first answer', async () => {
    const { leader, follower } = await both();
    const { clock } = leader;
    const asking = (id: string) => ({ ...CALLER, request: { id, payloadHash: 'h' } });
    const nothing: Command<string> = { name: 'nothing', decide: () => accept('nothing to do', []) };
    const first = await clock.until(leader.authority.execute(addPool('a'), asking('r1')));
    const idle = await clock.until(leader.authority.execute(nothing, asking('r2')));
    const loads = follower.calls.get('load');
    await takenOver({ leader, follower });
    assert.equal(follower.calls.get('load'), loads);
    assert.deepEqual(contentsOf(follower.authority.fleet), contentsOf(leader.authority.fleet));
    const again = [addPool('a'), nothing].map((command, index) =>
      clock.until(follower.authority.execute(command as Command<unknown>, asking(`r${index + 1}`))),
    );
    assert.deepEqual(await Promise.all(again), [
      { ...first, replayed: true },
      { ...idle, replayed: true },
    ]);
    accepted(await clock.until(follower.authority.execute(addPool('b'), CALLER)));
    assert.deepEqual(revisionsOf(follower), [1, 2]);
  });

  it('takes over within the lease and a moment, also with the database slow to answer', async () => {
    const { leader, follower } = await both();
    const fromMs = leader.clock.monotonicMs();
    for (const call of ['readLease', 'readLog', 'readRequests', 'acquireLease'] as const)
      follower.befall(call, ...Array.from({ length: 1_000 }, () => ({ delayMs: 200 })));
    await takenOver({ leader, follower });
    assert.ok(leader.clock.monotonicMs() - fromMs <= 15_000);
  });

  it('leads and follows again: what it had decided and not committed is undone, and its listeners miss nothing', async () => {
    const { leader, follower } = await both();
    const { clock, database } = leader;
    accepted(await clock.until(leader.authority.execute(addPool('a'), CALLER)));
    // Frozen in the middle of a commit, past the end of its lease.
    leader.befall('commit', { delayMs: 20_000 });
    leader.befall('renewLease', { delayMs: 20_000 });
    const undone = unavailable(leader.authority.execute(addPool('undone'), CALLER));
    const reading = leader.authority.read((fleet) => [...fleet.all('pool')].map(({ name }) => name));
    await clock.advance(LIMITS.leaseTtlMs + 2 * LIMITS.leaseRetryMs);
    assert.equal(follower.authority.health.state, 'LEADING');
    accepted(await clock.until(follower.authority.execute(addPool('b'), CALLER)));
    await clock.until(undone);
    assert.equal(leader.authority.health.state, 'FOLLOWING');
    // What had read on top of it reads again.
    assert.ok(!(await clock.until(reading)).value.includes('undone'));
    await clock.until(leader.authority.reached(database.lastRevision, new AbortController().signal));
    accepted(await clock.until(follower.authority.execute(addPool('c'), CALLER)));
    await clock.until(leader.authority.reached(database.lastRevision, new AbortController().signal));
    assert.deepEqual(contentsOf(leader.authority.fleet), contentsOf(follower.authority.fleet));
    assert.deepEqual(revisionsOf(leader), [1, 2, 3]);
    assert.equal(leader.authority.leader?.holder, 'two');
  });

  it('refuses nobody for what it knows, once its lease has run out', async () => {
    const { leader } = await both();
    accepted(await leader.clock.until(leader.authority.execute(addPool('a'), CALLER)));
    // As a process that was frozen and has not noticed yet: its clock has gone on, its timers have not.
    const { monotonicMs } = leader.clock;
    leader.clock.monotonicMs = () => monotonicMs.call(leader.clock) + LIMITS.leaseTtlMs;
    await unavailable(leader.authority.execute(addPool('a'), CALLER));
    leader.clock.monotonicMs = monotonicMs;
  });

  it('loads everything anew where the log has gone on without it, and says so', async () => {
    const { leader, follower } = await both();
    const { clock } = leader;
    accepted(await clock.until(leader.authority.execute(addPool('a'), CALLER)));
    await clock.until(follower.authority.reached(1, new AbortController().signal));
    const reloads: number[] = [];
    follower.authority.onReload((revision) => reloads.push(revision));
    // It hears nothing while the log is written and dropped.
    const away = Array.from({ length: 8 }, () => LOST);
    for (const call of ['news', 'readLease', 'readLog'] as const) follower.befall(call, ...away);
    for (const name of ['b', 'c', 'd']) accepted(await clock.until(leader.authority.execute(addPool(name), CALLER)));
    leader.database.log = leader.database.log.slice(-1);
    await clock.until(follower.authority.reached(4, new AbortController().signal));
    assert.deepEqual(reloads, [4]);
    accepted(await clock.until(leader.authority.execute(addPool('e'), CALLER)));
    await clock.until(follower.authority.reached(5, new AbortController().signal));
    assert.deepEqual(contentsOf(follower.authority.fleet), contentsOf(leader.authority.fleet));
    assert.deepEqual(revisionsOf(follower), [1, 5]);
  });

  it('is unavailable while the database is away, still reads, and follows again', async () => {
    const { leader, follower } = await both();
    follower.befall('readLease', ...Array.from({ length: 6 }, () => LOST));
    await leader.clock.advance(LIMITS.leaseRetryMs + 1);
    assert.equal(follower.authority.health.state, 'UNAVAILABLE');
    await leader.clock.until(follower.authority.read((fleet) => fleet.count('pool')));
    await leader.clock.until(follower.authority.serving());
    assert.equal(follower.authority.health.state, 'FOLLOWING');
  });
});
