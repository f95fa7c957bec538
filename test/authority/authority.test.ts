import assert from 'node:assert/strict';
import { seededIds } from '../../src/authority/ids.js';
import { put } from '../../src/fleet/change.js';
import { accept, type Command } from '../../src/fleet/decision.js';
import { LIMITS } from '../../src/limits.js';
import { claim, guest, host } from '../inventory/entities.js';
import { accepted, addPool, CALLER, leadingStage, poolOf, stage } from './stage.js';

describe('authority', () => {
  it('decides nothing before it leads', async () => {
    const { authority, clock } = stage();
    await assert.rejects(authority.execute(addPool('a'), CALLER), { name: 'UnavailableError' });
    assert.equal(authority.health.state, 'STARTING');
    await clock.until(authority.leading());
    assert.equal(authority.health.state, 'LEADING');
    assert.equal(authority.epoch, 1);
    await clock.until(authority.close());
  });

  it('answers an accepted command once it is committed, with the revision in the result', async () => {
    const { authority, database, clock, told } = await leadingStage();
    const answer = authority.execute(addPool('a'), CALLER);
    assert.equal(authority.fleet.get('pool', 'a')?.revision, 1);
    assert.equal(database.lastRevision, 0);
    const result = accepted(await clock.until(answer));
    assert.equal(database.lastRevision, 1);
    assert.equal(result.pool.revision, 1);
    assert.equal(told[0]?.principal, 'local');
    assert.deepEqual(told[0]?.after, result.pool);
  });

  it('answers refusals and reads only after what they rest on', async () => {
    const { authority, database, befall, clock } = await leadingStage();
    befall('commit', { delayMs: 1_000 });
    const order: string[] = [];
    const made = authority.execute(addPool('a'), CALLER).then(() => order.push('made'));
    const refused = authority.execute(addPool('a'), CALLER).then((answer) => {
      assert.equal(answer.accepted, false);
      assert.equal(database.lastRevision, 1);
      order.push('refused');
    });
    const read = authority
      .read((fleet) => fleet.count('pool'))
      .then(({ value, revision }) => {
        assert.deepEqual({ value, revision }, { value: 1, revision: 1 });
        order.push('read');
      });
    await clock.advance(999);
    assert.deepEqual(order, []);
    await clock.until(Promise.all([made, refused, read]));
    assert.deepEqual(order, ['made', 'refused', 'read']);
  });

  it('puts a thousand concurrent decisions into few batches, without a gap in the revisions', async () => {
    const { authority, calls, clock, told, befall } = await leadingStage();
    befall('commit', { delayMs: 5 });
    const first = authority.execute(addPool('first'), CALLER);
    await clock.advance(1);
    const rest = Array.from({ length: 999 }, (_, i) => authority.execute(addPool(`p${i}`), CALLER));
    await clock.until(Promise.all([first, ...rest]));
    assert.equal(calls.get('commit'), 2);
    assert.deepEqual(
      told.map(({ revision }) => revision),
      Array.from({ length: 1_000 }, (_, i) => i + 1),
    );
  });

  it('bounds a batch by its entries, as one decision may have many', async () => {
    const { authority, calls, clock, told } = await leadingStage();
    const each = LIMITS.maxBatchEntries / 2 + 1;
    const addMany = (name: string): Command<number> => ({
      name: 'add-many',
      decide: () =>
        accept(
          each,
          Array.from({ length: each }, (_, at) => put('pool', poolOf(`${name}-${at}`))),
        ),
    });
    await clock.until(Promise.all(['a', 'b'].map((name) => authority.execute(addMany(name), CALLER))));
    assert.equal(calls.get('commit'), 2);
    assert.equal(told.length, 2 * each);
  });

  it('changes nothing when only asked to validate', async () => {
    const { authority, database, clock } = await leadingStage();
    const answer = await clock.until(authority.execute(addPool('a'), { ...CALLER, validateOnly: true }));
    assert.equal(answer.accepted, true);
    assert.equal(authority.fleet.count('pool'), 0);
    assert.equal(database.lastRevision, 0);
  });

  it('touches the host and the guest of every claim that changes', async () => {
    const { authority, clock, told } = await leadingStage();
    const h = host('h1');
    const g = guest('g1', 'h1');
    await clock.until(authority.execute({ name: 'hosts', decide: () => accept(0, [put('host', h)]) }, CALLER));
    await clock.until(
      authority.execute(
        { name: 'guests', decide: () => accept(0, [put('guest', g), put('claim', claim('h1', 'g1', 2))]) },
        CALLER,
      ),
    );
    await clock.until(
      authority.execute({ name: 'claims', decide: () => accept(0, [put('claim', claim('h1', 'g1', 3))]) }, CALLER),
    );
    const seen = told.map((entry) => ({
      kind: entry.kind,
      key: entry.key,
      revision: entry.revision,
      cpu: entry.load?.claimed.cpu ?? entry.claims?.[0]?.resources.cpu,
    }));
    assert.deepEqual(seen, [
      { kind: 'host', key: 'h1', revision: 1, cpu: 0 },
      { kind: 'guest', key: 'g1', revision: 2, cpu: 2 },
      { kind: 'claim', key: 'h1/g1', revision: 3, cpu: undefined },
      { kind: 'host', key: 'h1', revision: 4, cpu: 2 },
      { kind: 'claim', key: 'h1/g1', revision: 5, cpu: undefined },
      { kind: 'host', key: 'h1', revision: 6, cpu: 3 },
      { kind: 'guest', key: 'g1', revision: 7, cpu: 3 },
    ]);
    assert.equal(authority.fleet.get('host', 'h1')?.revision, 6);
  });

  it('gives no MAC address twice', async () => {
    const drawn = ['52:54:00:00:00:01', '52:54:00:00:00:01', '52:54:00:00:00:02'];
    const ids = { ...seededIds(1), newMac: () => drawn.shift() ?? '' };
    const { authority, clock } = await leadingStage('one', undefined, { ids });
    const add = (vmid: string): Command<string> => ({
      name: 'add',
      decide(_, { newMac }) {
        const mac = newMac();
        return accept(mac, [put('guest', { ...guest(vmid, 'h'), nics: [{ kind: 'NETWORK', source: 'n', mac }] })]);
      },
    });
    const macs = await clock.until(Promise.all(['a', 'b'].map((vmid) => authority.execute(add(vmid), CALLER))));
    assert.deepEqual(macs.map(accepted), ['52:54:00:00:00:01', '52:54:00:00:00:02']);
  });

  it('lets a bug of a command fail that command alone', async () => {
    const { authority, clock } = await leadingStage();
    const broken = authority.execute(
      {
        name: 'broken',
        decide() {
          throw new TypeError('a bug');
        },
      },
      CALLER,
    );
    await assert.rejects(broken, TypeError);
    accepted(await clock.until(authority.execute(addPool('a'), CALLER)));
  });

  it('commits what was decided before it closes, and gives the lease back', async () => {
    const { authority, database, befall, clock } = await leadingStage();
    befall('commit', { delayMs: 100 });
    const answer = authority.execute(addPool('a'), CALLER);
    const closed = authority.close();
    await assert.rejects(authority.execute(addPool('b'), CALLER), { name: 'UnavailableError' });
    accepted(await clock.until(answer));
    await clock.until(closed);
    assert.equal(database.lease.endsAtMs <= clock.monotonicMs(), true);
    const next = await leadingStage('two', database);
    assert.deepEqual(next.authority.fleet.get('pool', 'a'), { ...poolOf('a'), revision: 1 });
    assert.equal(next.authority.epoch, 2);
  });
});
