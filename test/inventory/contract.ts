// What every inventory promises, whatever it is made of.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type Change, type EntityKind, KEY_OF, put, remove } from '../../src/fleet/change.js';
import {
  type AuditEntry,
  type AuditQuery,
  type AuditRecord,
  type Batch,
  type Inventory,
  InventoryError,
  type LogEntry,
  type Snapshot,
} from '../../src/ports/inventory.js';
import { ENTITY_KINDS, entityOf } from './arbitraries.js';
import { AT, claim, guest, host } from './entities.js';

export interface Subject {
  /** Another replica on the same database; the same one, where only one is possible. */
  connect(): Promise<Inventory>;
  end(): Promise<void>;
}

const TTL_MS = 60_000;
const NO_REQUESTS: Batch['requests'] = [];

export function inventoryContract(open: () => Promise<Subject>): void {
  let subject: Subject;
  let inventory: Inventory;
  let epoch: number;

  beforeEach(async () => {
    subject = await open();
    inventory = await subject.connect();
    ({ epoch } = await inventory.acquireLease('one', 'one:1', TTL_MS));
  });
  afterEach(() => subject.end());

  const batchOf = (afterRevision: number, changes: readonly Change[], requests = NO_REQUESTS, at = AT): Batch => ({
    id: randomUUID(),
    epoch,
    afterRevision,
    entries: changes.map((change, index) => entryOf(change, afterRevision + index + 1, at)),
    requests,
    audit: [],
  });

  it('is empty at first', async () => {
    const { revision, oldestRevision, entities, requests } = await inventory.load();
    assert.deepEqual({ revision, oldestRevision, requests }, { revision: 0, oldestRevision: 0, requests: [] });
    for (const kind of ENTITY_KINDS) assert.deepEqual(entities[kind], []);
    assert.deepEqual(await inventory.readLog(0, 10), []);
  });

  it('gives back what was committed: entities, log and answers', async () => {
    const change = fc.oneof(
      ...ENTITY_KINDS.flatMap((kind): fc.Arbitrary<Change>[] => [
        entityOf(kind).map((entity) => put(kind, entity)),
        entityOf(kind).map((entity) => remove(kind, KEY_OF[kind](entity as never), 'REMOVED')),
      ]),
    );
    let revision = 0;
    const expected = new Map<string, unknown>();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const batch = batchOf(revision, changes);
        await inventory.commit(batch);
        assert.deepEqual(await inventory.readLog(revision, 100), batch.entries);
        for (const { kind, key, after } of batch.entries) {
          if (after === undefined) expected.delete(`${kind}:${key}`);
          else expected.set(`${kind}:${key}`, after);
        }
        revision += batch.entries.length;
        const snapshot = await inventory.load();
        assert.equal(snapshot.revision, revision);
        assert.deepEqual(entitiesOf(snapshot), expected);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('keeps the last of several changes of one entity in a batch', async () => {
    await inventory.commit(batchOf(0, [put('host', host('a')), put('host', host('a', 16)), put('host', host('b'))]));
    await inventory.commit(
      batchOf(3, [put('host', host('c')), remove('host', 'c', 'REMOVED'), remove('host', 'b', 'REMOVED')]),
    );
    const { entities } = await inventory.load();
    assert.deepEqual(entities.host, [{ ...host('a', 16), revision: 2 }]);
    assert.equal((await inventory.readLog(0, 100)).length, 6);
  });

  it('takes a large batch whole', async () => {
    const changes = Array.from({ length: 1_024 }, (_, i) => put('guest', guest(`g${i}`, 'h1')));
    await inventory.commit(batchOf(0, changes));
    assert.equal((await inventory.load()).entities.guest.length, 1_024);
  });

  it('remembers requests, their answers and the last use of an id', async () => {
    const answer = { result: { at: AT, none: undefined, guests: [guest('g', 'h')] }, revision: 7 };
    const request = { principal: 'p', method: 'm', requestId: 'r', payloadHash: 'h1', answer, at: AT };
    await inventory.commit(batchOf(0, [], [request]));
    const { answer: _, ...known } = request;
    assert.deepEqual((await inventory.load()).requests, [known]);
    assert.deepEqual(await inventory.readAnswer(request), answer);
    assert.equal(await inventory.readAnswer({ ...request, requestId: 'other' }), undefined);
    await inventory.commit(batchOf(0, [], [{ ...request, payloadHash: 'h2', answer: 'second' }]));
    assert.equal(await inventory.readAnswer(request), 'second');
    assert.equal((await inventory.load()).requests[0]?.payloadHash, 'h2');
  });

  describe('the audit log', () => {
    const all = { principals: [], methods: [], decisions: [], since: undefined, before: undefined, limit: 100 };
    const record = (requestId: string, more: Partial<AuditRecord> = {}): AuditRecord => ({
      at: AT,
      principal: 'ann',
      role: 'admin',
      method: 'virtdc.v1.Placement/SubmitGuest',
      target: 'web-1',
      requestId,
      decision: 'ACCEPTED',
      reason: '',
      revision: 7,
      operation: 'op-1',
      ...more,
    });
    const idsOf = (entries: readonly AuditRecord[]) => entries.map(({ requestId }) => requestId);

    it('has what a batch accepted, and what came by itself, newest first', async () => {
      await inventory.commit({ ...batchOf(0, [put('host', host('a'))]), audit: [record('r1'), record('r2')] });
      const denied = record('r3', { decision: 'DENIED', principal: '', role: '', revision: 0, operation: '' });
      await inventory.appendAudit([denied, record('r4', { target: '\\u000a', reason: 'NO' })]);
      await inventory.commit({ ...batchOf(1, []), audit: [record('r5')] });
      const found = await inventory.readAudit(all);
      assert.deepEqual(idsOf(found), ['r5', 'r4', 'r3', 'r2', 'r1']);
      const { sequence, ...rest } = found[2] as AuditEntry;
      assert.ok(sequence > (found[3] as AuditEntry).sequence);
      assert.deepEqual(rest, denied);
    });

    it('has nothing of a batch that was not committed', async () => {
      const batch = { ...batchOf(1, [put('host', host('a'))]), audit: [record('r1')] };
      await assert.rejects(inventory.commit(batch), isError('FENCED'));
      assert.deepEqual(await inventory.readAudit(all), []);
    });

    it('is searched by caller, method, decision and time, in pages', async () => {
      const later = new Date(AT.getTime() + 1_000);
      const records = [
        record('r1', { principal: 'bob' }),
        record('r2', { method: 'virtdc.v1.HostInfo/RemoveHost' }),
        record('r3', { decision: 'REFUSED' }),
        record('r4', { at: later }),
      ];
      await inventory.appendAudit(records);
      const ids = async (query: Partial<AuditQuery>) => idsOf(await inventory.readAudit({ ...all, ...query }));
      assert.deepEqual(await ids({ principals: ['bob', 'eve'] }), ['r1']);
      assert.deepEqual(await ids({ methods: ['RemoveHost'] }), ['r2']);
      assert.deepEqual(await ids({ methods: ['virtdc.v1.HostInfo/RemoveHost', 'none'] }), ['r2']);
      assert.deepEqual(await ids({ decisions: ['REFUSED', 'DENIED'] }), ['r3']);
      assert.deepEqual(await ids({ since: later }), ['r4']);
      assert.deepEqual(await ids({ principals: ['ann'], decisions: ['REFUSED'], since: later }), []);
      const [, second] = await inventory.readAudit({ ...all, limit: 2 });
      assert.deepEqual(await ids({ before: second?.sequence, limit: 2 }), ['r2', 'r1']);
    });

    it('forgets only what is older, or nothing', async () => {
      const old = new Date(AT.getTime() - 1_000);
      await inventory.appendAudit([record('r1', { at: old }), record('r2')]);
      const keep = { entries: 0, entriesAfter: new Date(0), requestsAfter: new Date(0) };
      await inventory.compact({ ...keep, auditAfter: undefined });
      assert.deepEqual(idsOf(await inventory.readAudit(all)), ['r2', 'r1']);
      await inventory.compact({ ...keep, auditAfter: AT });
      assert.deepEqual(idsOf(await inventory.readAudit(all)), ['r2']);
    });

    it('refuses what can never be stored', async () => {
      await assert.rejects(inventory.appendAudit([record('nul \0 here')]), isError('POISON'));
    });
  });

  describe('refuses, and writes nothing of', () => {
    afterEach(async () => {
      assert.deepEqual(await inventory.logBounds(), { oldestRevision: 0, lastRevision: 0 });
      assert.deepEqual((await inventory.load()).entities.host, []);
    });
    const request = { principal: 'p', method: 'm', requestId: 'r', payloadHash: 'h1', answer: 1, at: AT };

    async function refused(kind: InventoryError['kind'], batch: Batch): Promise<void> {
      await assert.rejects(inventory.commit(batch), isError(kind));
      assert.equal(await inventory.committed(batch.id), false);
      assert.equal(await inventory.readAnswer(request), undefined);
    }

    it('a batch that does not follow the log', () =>
      refused('FENCED', batchOf(1, [put('host', host('a'))], [request])));

    it('a batch under another epoch', async () => {
      await refused('FENCED', { ...batchOf(0, [put('host', host('a'))], [request]), epoch: epoch + 1 });
      await refused('FENCED', { ...batchOf(0, [put('host', host('a'))], [request]), epoch: epoch - 1 });
    });

    it('a batch under a lease that ran out', async () => {
      ({ epoch } = await inventory.acquireLease('one', 'one:1', 0));
      await refused('FENCED', batchOf(0, [put('host', host('a'))], [request]));
    });

    it('a batch of a deposed leader', async () => {
      const other = await subject.connect();
      await inventory.releaseLease(epoch);
      assert.equal((await other.acquireLease('two', 'two:1', TTL_MS)).holder, 'two');
      await refused('FENCED', batchOf(0, [put('host', host('a'))], [request]));
    });

    it('a batch with a row that can never be stored', async () => {
      const poison = put('host', { ...host('b'), zone: 'nul \0 here' });
      await refused('POISON', batchOf(0, [put('host', host('a')), poison], [request]));
    });
  });

  it('goes on after a poison batch', async () => {
    const poison = batchOf(0, [put('claim', { ...claim('h', 'g'), hostname: '\ud800' })]);
    await assert.rejects(inventory.commit(poison), isError('POISON'));
    await inventory.commit(batchOf(0, [put('claim', claim('h', 'g'))]));
    assert.equal((await inventory.load()).entities.claim.length, 1);
  });

  it('tells whether a batch was committed', async () => {
    const batch = batchOf(0, [put('host', host('a'))]);
    assert.equal(await inventory.committed(batch.id), false);
    await inventory.commit(batch);
    assert.equal(await inventory.committed(batch.id), true);
  });

  it('gives the lease to one at a time, each time under a higher epoch', async () => {
    const other = await subject.connect();
    const held = await other.acquireLease('two', 'two:1', TTL_MS);
    const ofOne = { holder: 'one', address: 'one:1', epoch, remainingMs: 0, lastRevision: 0 };
    assert.deepEqual({ ...held, remainingMs: 0 }, ofOne);
    assert.ok(held.remainingMs > 0 && held.remainingMs <= TTL_MS);

    const again = await inventory.acquireLease('one', 'one:1', TTL_MS);
    assert.equal(again.epoch, epoch + 1);
    await assert.rejects(inventory.renewLease(epoch, TTL_MS), isError('FENCED'));

    await inventory.releaseLease(epoch); // Not ours any more: nothing happens.
    assert.equal((await other.acquireLease('two', 'two:1', TTL_MS)).holder, 'one');
    await inventory.releaseLease(again.epoch);
    const taken = await other.acquireLease('two', 'two:1', TTL_MS);
    assert.deepEqual({ holder: taken.holder, epoch: taken.epoch }, { holder: 'two', epoch: epoch + 2 });
    await assert.rejects(inventory.renewLease(again.epoch, TTL_MS), isError('FENCED'));
  });

  it('shows the lease to whoever looks, and how far the log has come', async () => {
    const other = await subject.connect();
    await inventory.commit(batchOf(0, [put('host', host('a')), put('host', host('b'))]));
    const { remainingMs, ...seen } = await other.readLease();
    assert.deepEqual(seen, { holder: 'one', address: 'one:1', epoch, lastRevision: 2 });
    assert.ok(remainingMs > 0 && remainingMs <= TTL_MS);
    await inventory.releaseLease(epoch);
    assert.equal((await other.readLease()).remainingMs, 0);
    assert.equal((await other.acquireLease('two', 'two:1', TTL_MS)).lastRevision, 2);
  });

  it('gives the request ids that came at a revision or later, also those that changed nothing', async () => {
    const request = (requestId: string) => ({ principal: 'p', method: 'm', requestId, payloadHash: 'h', at: AT });
    const commit = (after: number, changes: readonly Change[], requestId: string) =>
      inventory.commit(batchOf(after, changes, [{ ...request(requestId), answer: 0 }]));
    await commit(0, [put('host', host('a'))], 'r1');
    await commit(1, [], 'r2');
    await commit(1, [put('host', host('b'))], 'r3');
    const since = async (revision: number) =>
      (await inventory.readRequests(revision)).map(({ requestId }) => requestId).sort();
    assert.deepEqual(await since(0), ['r1', 'r2', 'r3']);
    assert.deepEqual(await since(2), ['r3']);
    assert.deepEqual(await inventory.readRequests(2), [request('r3')]);
    await commit(2, [], 'r1');
    assert.deepEqual(await since(2), ['r1', 'r3']);
  });

  it('waits for news until it is told not to', async () => {
    const over = new AbortController();
    const news = inventory.news(0, over.signal);
    over.abort(new Error('enough'));
    await assert.rejects(news, { message: 'enough' });
  });

  it('lengthens a lease that ran out, as long as nobody took it', async () => {
    const ended = await inventory.acquireLease('one', 'one:1', 0);
    assert.equal(ended.remainingMs, 0);
    const renewed = await inventory.renewLease(ended.epoch, TTL_MS);
    assert.ok(renewed.remainingMs > 0);
    assert.equal(renewed.epoch, ended.epoch);
  });

  it('reads the log in pages, and tells what was compacted by count', async () => {
    await inventory.commit(
      batchOf(
        0,
        Array.from({ length: 25 }, (_, i) => put('host', host(`h${i}`))),
      ),
    );
    assert.deepEqual(revisions(await inventory.readLog(10, 5)), [11, 12, 13, 14, 15]);
    assert.deepEqual(await inventory.readLog(25, 5), []);

    await inventory.compact({
      entries: 10,
      entriesAfter: new Date(0),
      requestsAfter: new Date(0),
      auditAfter: undefined,
    });
    assert.deepEqual(await inventory.logBounds(), { oldestRevision: 15, lastRevision: 25 });
    assert.equal((await inventory.load()).oldestRevision, 15);
    await assert.rejects(inventory.readLog(14, 5), isError('COMPACTED'));
    assert.deepEqual(revisions(await inventory.readLog(15, 3)), [16, 17, 18]);

    await inventory.compact({
      entries: 0,
      entriesAfter: new Date(0),
      requestsAfter: new Date(0),
      auditAfter: undefined,
    });
    assert.deepEqual(await inventory.logBounds(), { oldestRevision: 25, lastRevision: 25 });
    await assert.rejects(inventory.readLog(24, 5), isError('COMPACTED'));
    assert.deepEqual(await inventory.readLog(25, 5), []);
    // The log goes on where it ended, though nothing of it is left.
    await inventory.commit(batchOf(25, [put('host', host('next'))]));
    assert.deepEqual(revisions(await inventory.readLog(25, 5)), [26]);
  });

  it('tells the time', async () => {
    const first = await inventory.now();
    assert.ok(first <= (await inventory.now()));
  });

  it('compacts the log and the request ids by time', async () => {
    const at = (minute: number) => new Date(AT.getTime() + minute * 60_000);
    const request = (minute: number) => ({
      principal: 'p',
      method: 'm',
      requestId: `r${minute}`,
      payloadHash: 'h',
      answer: 0,
      at: at(minute),
    });
    for (const minute of [0, 1, 2]) {
      await inventory.commit(batchOf(minute, [put('host', host('a'))], [request(minute)], at(minute)));
    }
    await inventory.compact({ entries: 100, entriesAfter: at(1), requestsAfter: at(2), auditAfter: at(1) });
    assert.deepEqual(await inventory.logBounds(), { oldestRevision: 1, lastRevision: 3 });
    assert.deepEqual(
      (await inventory.load()).requests.map(({ requestId }) => requestId),
      ['r2'],
    );
  });
}

function isError(kind: InventoryError['kind']): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InventoryError, String(error));
    assert.equal(error.kind, kind);
    return true;
  };
}

export function entryOf(change: Change, revision: number, at: Date): LogEntry {
  const after = change.after === undefined ? undefined : { ...change.after, revision };
  const load = change.kind === 'host' && after ? { claimed: { cpu: 1, memoryKib: 2, ioKib: 3 }, guests: 4 } : undefined;
  const claims = change.kind === 'guest' && after ? [claim('h1', change.key)] : undefined;
  return {
    ...change,
    after,
    revision,
    load,
    claims,
    was: undefined,
    at,
    cause: 'test',
    principal: 'local',
  } as LogEntry;
}

function entitiesOf({ entities }: Snapshot): Map<string, unknown> {
  const all = Object.entries(entities) as [EntityKind, readonly unknown[]][];
  return new Map(
    all.flatMap(([kind, list]) => list.map((entity) => [`${kind}:${KEY_OF[kind](entity as never)}`, entity] as const)),
  );
}

function revisions(entries: readonly LogEntry[]): number[] {
  return entries.map(({ revision }) => revision);
}
