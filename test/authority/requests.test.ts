// One effect and one answer for each request id.

import assert from 'node:assert/strict';
import type { Caller } from '../../src/authority/authority.js';
import { LIMITS } from '../../src/limits.js';
import { accepted, addPool, CALLER, leadingStage, unavailable } from './stage.js';

function asking(id: string, payloadHash = 'hash', more: Partial<Caller> = {}): Caller {
  return { ...CALLER, request: { id, payloadHash }, ...more };
}

describe('request ids', () => {
  it('give the first answer again, Dates and all', async () => {
    const { authority, clock, database } = await leadingStage();
    const first = await clock.until(authority.execute(addPool('a'), asking('r')));
    await clock.advance(1_000);
    const again = await clock.until(authority.execute(addPool('a'), asking('r')));
    assert.deepEqual(again, { ...first, replayed: true });
    assert.ok(accepted(again).at instanceof Date);
    assert.equal(database.lastRevision, 1);
  });

  it('give it again across restarts', async () => {
    const { authority, clock, database } = await leadingStage();
    const first = await clock.until(authority.execute(addPool('a'), asking('r')));
    await clock.until(authority.close());
    const next = await leadingStage('two', database);
    const again = await clock.until(next.authority.execute(addPool('a'), asking('r')));
    assert.deepEqual(again, { ...first, replayed: true });
    assert.equal(database.lastRevision, 1);
  });

  it('let repetitions at the same time share one outcome', async () => {
    const { authority, clock, database, calls } = await leadingStage();
    const answers = await clock.until(
      Promise.all(Array.from({ length: 50 }, () => authority.execute(addPool('a'), asking('r')))),
    );
    assert.equal(answers.filter((answer) => answer.accepted && !answer.replayed).length, 1);
    assert.deepEqual(new Set(answers.map(accepted)).size, 1);
    assert.equal(database.lastRevision, 1);
    assert.equal(calls.get('commit'), 1);
  });

  it('let repetitions share a failure, after which the id is free', async () => {
    const { authority, befall, clock } = await leadingStage();
    befall('commit', ...Array.from({ length: LIMITS.commitRetries + 1 }, () => ({ error: 'UNAVAILABLE' }) as const));
    await clock.until(
      Promise.all(Array.from({ length: 3 }, () => unavailable(authority.execute(addPool('a'), asking('r'))))),
    );
    await clock.until(authority.leading());
    const answer = await clock.until(authority.execute(addPool('a'), asking('r', 'another')));
    assert.equal(answer.accepted && answer.replayed, false);
  });

  it('are refused with another body, at the same time or later', async () => {
    const { authority, clock } = await leadingStage();
    const first = authority.execute(addPool('a'), asking('r'));
    const meanwhile = authority.execute(addPool('b'), asking('r', 'other'));
    accepted(await clock.until(first));
    const later = authority.execute(addPool('b'), asking('r', 'other'));
    for (const answer of await clock.until(Promise.all([meanwhile, later]))) {
      assert.equal(!answer.accepted && answer.refusal.reason, 'REQUEST_ID_REUSED');
    }
    assert.equal(authority.fleet.count('pool'), 1);
  });

  it('belong to one principal and one method', async () => {
    const { authority, clock } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('a'), asking('r'))));
    accepted(await clock.until(authority.execute(addPool('b'), asking('r', 'other', { principal: 'somebody' }))));
    accepted(await clock.until(authority.execute(addPool('c'), asking('r', 'third', { method: 'another' }))));
  });

  it('are not taken by refusals', async () => {
    const { authority, clock } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
    const refused = await clock.until(authority.execute(addPool('a'), asking('r')));
    assert.equal(refused.accepted, false);
    accepted(await clock.until(authority.execute(addPool('b'), asking('r', 'other'))));
  });

  it('are not taken by dry runs', async () => {
    const { authority, clock } = await leadingStage();
    await clock.until(authority.execute(addPool('a'), asking('r', 'dry', { validateOnly: true })));
    accepted(await clock.until(authority.execute(addPool('a'), asking('r'))));
  });

  it('are kept for a day', async () => {
    const { authority, clock } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('a'), asking('r'))));
    await clock.advance(LIMITS.requestIdKeptMs - 1_000);
    const again = await clock.until(authority.execute(addPool('a'), asking('r')));
    assert.equal(again.accepted && again.replayed, true);
    // Some time after that, when the past is dropped next.
    await clock.advance(2_000 + LIMITS.compactEveryMs);
    const anew = await clock.until(authority.execute(addPool('b'), asking('r', 'other')));
    assert.equal(anew.accepted && anew.replayed, false);
  }).timeout(60_000);

  it('say so when the first answer cannot be read now', async () => {
    const { authority, befall, clock } = await leadingStage();
    accepted(await clock.until(authority.execute(addPool('a'), asking('r'))));
    befall('readAnswer', { error: 'UNAVAILABLE' });
    await clock.until(unavailable(authority.execute(addPool('a'), asking('r'))));
    const again = await clock.until(authority.execute(addPool('a'), asking('r')));
    assert.equal(again.accepted && again.replayed, true);
  });
});
