// Commits whose backend is killed at every point of them, whose answers are lost, whose server is gone or frozen.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { put, remove } from '../../src/fleet/change.js';
import { openPostgres } from '../../src/inventory/postgres.js';
import { type Batch, type Inventory, InventoryError, type LogEntry } from '../../src/ports/inventory.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { addressOf, openProxy, type TcpProxy, through } from '../proxy.js';
import { skip } from '../skip.js';
import { EMPTY } from './emptied.js';
import { AT, claim, guest, host } from './entities.js';

const LOCK = 4_711;
/** Every table that a commit writes, and NOTIFY's own place at the end of it. */
const WRITTEN = ['lease', 'change_log', 'batches', 'request_ids', 'hosts', 'guests', 'claims', 'pools'];

describe('inventory in Postgres under faults', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let url: string;
  let admin: postgres.Sql;
  let inventory: Inventory;
  let epoch: number;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
    url = await server.createDatabase();
    admin = postgres(url, { max: 4, onnotice: () => undefined });
  });
  after(async () => {
    await admin?.end();
    await server?.end();
  });
  beforeEach(async () => {
    inventory = await openPostgres(url);
    await admin.unsafe(EMPTY);
    ({ epoch } = await inventory.acquireLease('one', 'one:1', 60_000));
  });
  afterEach(async () => {
    await inventory.close();
    await admin.unsafe('drop function if exists wait_here cascade');
  });

  function batch(afterRevision = 0): Batch {
    const changes = [
      put('host', host('h')),
      put('guest', guest('g', 'h')),
      put('claim', claim('h', 'g')),
      remove('pool', 'none', 'REMOVED'),
    ];
    const entries = changes.map((change, index) => {
      const revision = afterRevision + index + 1;
      const after = change.after && { ...change.after, revision };
      const plain = { revision, load: undefined, claims: undefined, was: undefined, at: AT, cause: '', principal: 'p' };
      return { ...change, after, ...plain } as LogEntry;
    });
    const requests = [{ principal: 'p', method: 'm', requestId: 'r', payloadHash: 'h', answer: 1, at: AT }];
    return { id: randomUUID(), epoch, afterRevision, entries, requests, audit: [] };
  }

  /** All or nothing of the batch, and if the batch was committed then the log says so. */
  async function seen(of: Batch): Promise<'ALL' | 'NOTHING'> {
    // Taking the next epoch is what makes the answer final.
    ({ epoch } = await retried(() => inventory.acquireLease('one', 'one:1', 60_000)));
    const committed = await inventory.committed(of.id);
    const snapshot = await inventory.load();
    const counts = [
      snapshot.revision,
      (await inventory.readLog(0, 100)).length,
      snapshot.entities.host.length,
      snapshot.entities.guest.length,
      snapshot.entities.claim.length,
      snapshot.requests.length,
    ];
    assert.deepEqual(counts, committed ? [4, 4, 1, 1, 1, 1] : [0, 0, 0, 0, 0, 0]);
    return committed ? 'ALL' : 'NOTHING';
  }

  async function commitsPid(): Promise<number> {
    for (;;) {
      const [row] = await admin`select pid from pg_stat_activity where application_name = 'virtdc commits'
        and datname = current_database() and (wait_event = 'advisory' or wait_event = 'transactionid' or wait_event = 'tuple')`;
      if (row !== undefined) return Number(row.pid);
    }
  }

  for (const table of WRITTEN) {
    for (const time of ['before', 'after']) {
      it(`is atomic when its backend is killed ${time} it writes ${table}`, async () => {
        await admin.unsafe(`
          create function wait_here() returns trigger language plpgsql as $$ begin
            perform pg_advisory_xact_lock(${LOCK}); return null;
          end $$;
          create trigger wait_here ${time} insert or update or delete on ${table}
          for each statement execute function wait_here()`);
        await killedWhileWaiting();
      });
    }
  }

  it('is atomic when its backend is killed on its way to COMMIT', async () => {
    await admin.unsafe(`
      create function wait_here() returns trigger language plpgsql as $$ begin
        perform pg_advisory_xact_lock(${LOCK}); return null;
      end $$;
      create constraint trigger wait_here after insert on batches deferrable initially deferred
      for each row execute function wait_here()`);
    await killedWhileWaiting();
  });

  /** Commits, kills the backend where the trigger makes it wait, and goes on with the same inventory. */
  async function killedWhileWaiting(): Promise<void> {
    const doomed = batch();
    await admin.begin(async (holder) => {
      await holder`select pg_advisory_xact_lock(${LOCK})`;
      const commit = inventory.commit(doomed);
      const failed = assert.rejects(commit, isError('UNKNOWN_OUTCOME'));
      await admin`select pg_terminate_backend(${await commitsPid()})`;
      await failed;
    });
    assert.equal(await seen(doomed), 'NOTHING');
    const again = { ...doomed, epoch };
    await retried(() => inventory.commit(again));
    assert.equal(await seen(again), 'ALL');
  }

  it('is atomic when its backend is killed at any moment', async () => {
    let killed = 0;
    for (let round = 0; round < 36; round += 1) {
      await admin.unsafe(EMPTY);
      ({ epoch } = await retried(() => inventory.acquireLease('one', 'one:1', 60_000)));
      const doomed = batch();
      const commit = inventory.commit(doomed).then(
        () => undefined,
        (error: unknown) => error,
      );
      for (let turn = 0; turn < round % 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await admin`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'virtdc commits' and datname = current_database()`;
      const error = await commit;
      const outcome = await seen(doomed);
      if (error === undefined) {
        assert.equal(outcome, 'ALL');
      } else {
        assert.ok(error instanceof InventoryError);
        assert.ok(
          error.kind === 'UNKNOWN_OUTCOME' || (error.kind === 'UNAVAILABLE' && outcome === 'NOTHING'),
          error.kind,
        );
        killed += 1;
      }
    }
    assert.ok(killed > 0, 'no commit was hit');
  });

  it('makes a new leader wait for a commit under way, and bars the old one from then on', async () => {
    await admin.unsafe(`
      create function wait_here() returns trigger language plpgsql as $$ begin
        perform pg_advisory_xact_lock(${LOCK}); return null;
      end $$;
      create trigger wait_here after insert on change_log for each statement execute function wait_here()`);
    const other = await openPostgres(url);
    try {
      const under = batch();
      let taken: Promise<unknown> = Promise.resolve();
      let commit: Promise<void> = Promise.resolve();
      await admin.begin(async (holder) => {
        await holder`select pg_advisory_xact_lock(${LOCK})`;
        commit = inventory.commit(under);
        await commitsPid();
        await admin`update pg_catalog.pg_class set relname = relname where false`; // Nothing: only a turn of the server.
        taken = other.acquireLease('one', 'one:1', 60_000);
        assert.equal(await Promise.race([taken, lockWaited()]), 'waits');
      });
      await commit;
      await taken;
      await assert.rejects(inventory.commit(batch(4)), isError('FENCED'));
      assert.equal(await other.committed(under.id), true);
    } finally {
      await other.close();
    }
  });

  async function lockWaited(): Promise<'waits'> {
    for (;;) {
      const [row] = await admin`select 1 from pg_stat_activity
        where application_name = 'virtdc control' and datname = current_database() and wait_event_type = 'Lock'`;
      if (row !== undefined) return 'waits';
    }
  }

  it('knows that nothing was written when the server says so', async () => {
    for (const [sqlstate, kind] of [
      ['40001', 'UNAVAILABLE'],
      ['40P01', 'UNAVAILABLE'],
      ['53300', 'UNAVAILABLE'],
      ['57014', 'UNAVAILABLE'],
      ['23505', 'POISON'],
      ['22003', 'POISON'],
      ['54000', 'POISON'],
    ] as const) {
      await admin.unsafe(`
        create or replace function wait_here() returns trigger language plpgsql as $$ begin
          raise exception 'made to fail' using errcode = '${sqlstate}';
        end $$;
        create or replace trigger wait_here before insert on change_log for each statement execute function wait_here()`);
      const failing = { ...batch(), epoch };
      await assert.rejects(inventory.commit(failing), isError(kind), sqlstate);
      assert.equal(await seen(failing), 'NOTHING');
    }
  });

  it('refuses a claim below nothing as poison', async () => {
    const negative = batch();
    const entries = negative.entries.map((entry) =>
      entry.kind === 'claim' && entry.after ? { ...entry, after: { ...entry.after, retakeKib: -1 } } : entry,
    );
    await assert.rejects(inventory.commit({ ...negative, entries }), isError('POISON'));
    assert.equal(await seen(negative), 'NOTHING');
  });

  it('comes back by itself after the server was killed and started again', async function () {
    if (!server.mayBeStopped) skip(this, 'the Postgres server is not ours to stop');
    await inventory.commit(batch());
    await server.stop('kill');
    await assert.rejects(inventory.commit(batch(4)), isError('UNAVAILABLE', 'UNKNOWN_OUTCOME'));
    await assert.rejects(inventory.renewLease(epoch, 60_000), isError('UNAVAILABLE'));
    await assert.rejects(inventory.load(), isError('UNAVAILABLE'));
    await server.start();
    assert.equal((await inventory.load()).revision, 4);
    await inventory.renewLease(epoch, 60_000);
    await inventory.commit({ ...batch(4), requests: [] });
    assert.equal((await inventory.logBounds()).lastRevision, 8);
  });

  describe('over a way that fails', () => {
    let way: TcpProxy;
    let distant: Inventory;

    beforeEach(async () => {
      way = await openProxy(addressOf(url));
      distant = await openPostgres(through(way, url));
      ({ epoch } = await distant.acquireLease('one', 'one:1', 60_000));
      await distant.commit(batch());
    });
    afterEach(async () => {
      await way.close();
      await distant.close();
    });

    it('does not know the outcome when the answer to a commit is lost, and finds it out', async () => {
      way.swallowAnswers();
      const lost = { ...batch(4), requests: [] };
      const commit = distant.commit(lost);
      const failed = assert.rejects(commit, isError('UNKNOWN_OUTCOME'));
      await atRevision(8);
      way.cut();
      await failed;
      ({ epoch } = await retried(() => distant.acquireLease('one', 'one:1', 60_000)));
      assert.equal(await distant.committed(lost.id), true);
    });

    it('loses patience with a database that does not answer, and goes on when it does again', async () => {
      way.freeze();
      const lost = { ...batch(4), requests: [] };
      await Promise.all([
        assert.rejects(distant.commit(lost), isError('UNKNOWN_OUTCOME')),
        assert.rejects(distant.renewLease(epoch, 60_000), isError('UNAVAILABLE')),
      ]);
      await assert.rejects(distant.renewLease(epoch, 60_000), isError('UNAVAILABLE'));
      way.thaw();
      ({ epoch } = await retried(() => distant.acquireLease('one', 'one:1', 60_000)));
      await distant.committed(lost.id);
      const { lastRevision } = await distant.logBounds();
      await distant.commit({ ...batch(lastRevision), requests: [] });
    });
  });

  async function atRevision(revision: number): Promise<void> {
    for (;;) {
      const [row] = await admin`select last_revision from lease`;
      if (Number(row?.last_revision) === revision) return;
    }
  }
});

function isError(...kinds: InventoryError['kind'][]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InventoryError, String(error));
    assert.ok(kinds.includes(error.kind), `${error.kind}: ${error.message}`);
    return true;
  };
}

/** As the authority does: a connection that turns out to be dead is replaced by the next try. */
async function retried<R>(work: () => Promise<R>): Promise<R> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 20 || !(error instanceof InventoryError) || error.kind !== 'UNAVAILABLE') throw error;
    }
  }
}
