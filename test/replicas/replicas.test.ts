// Two replicas on a real Postgres: what either answers, and what becomes of it when the leader is killed or frozen.

import assert from 'node:assert/strict';
import postgres from 'postgres';
import { connect, type VirtdcClient } from '../../src/client/connect.js';
import { VirtdcError } from '../../src/client/error.js';
import { followHosts } from '../../src/client/follow.js';
import { eventually } from '../eventually.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { BASE_XML, GIB } from '../rpc/service.js';
import { skip } from '../skip.js';
import { type Member, Pair, patiently, TAKEOVER_MS, takenOver } from './pair.js';

describe('two replicas', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let sql: postgres.Sql;
  let pair: Pair;
  let leader: Member;
  let follower: Member;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
  });
  after(() => server?.end());
  beforeEach(async () => {
    const url = await server.createDatabase();
    sql = postgres(url, { max: 1, onnotice: () => undefined });
    pair = await Pair.start(url);
    ({ leader, follower } = await pair.roles());
  });
  afterEach(async () => {
    await pair?.end();
    await sql?.end();
  });

  it('answer both: what is asked of the follower is done by the leader, and shows at once', async () => {
    const { hosts, operations } = follower.client;
    for (const hostname of ['h1', 'h2', 'h3']) {
      const { host } = await hosts.registerHost({ hostname, uri: `sim://${hostname}`, maxIoKib: 2n ** 30n });
      const { host: shown } = await hosts.getHost({ hostname });
      assert.ok(shown !== undefined && host !== undefined && shown.revision >= host.revision);
    }
    const [known, own] = await Promise.all([operations.getLeader({}), leader.client.operations.getLeader({})]);
    assert.equal(known.isSelf, false);
    assert.equal(own.isSelf, true);
    assert.deepEqual([known.holder, known.address, known.epoch], [own.holder, leader.replica.address, own.epoch]);
    for (const { replica } of pair.members) {
      assert.equal((await fetch(`http://${replica.httpAddress}/healthz`)).status, 200);
    }
    // What streams, too, and what only the leader sees.
    const checks: string[] = [];
    for await (const { check } of hosts.checkHosts({ hostnames: ['h1'] })) checks.push(check?.hostname ?? '');
    assert.ok(checks.length > 0 && checks.every((hostname) => hostname === 'h1'));
  });

  it('keep one record of each call in the audit log, whichever was asked', async () => {
    const { hosts, operations } = follower.client;
    await hosts.registerHost({ hostname: 'h1', uri: 'sim://h1', maxIoKib: 2n ** 30n, requestId: 'made' });
    await refusalOf(hosts.removeHost({ hostname: 'nowhere', requestId: 'refused' }));
    await hosts.cordonHost({ hostname: 'h1', requestId: 'last' });
    const told = async () => {
      const { records } = await operations.listAuditRecords({});
      const lines = records.map(({ requestId, decision }) => `${requestId} ${decision}`).sort();
      return lines.length >= 3 && lines;
    };
    const expected = ['last', 'made', 'refused'].map(
      (id) => `${id} AUDIT_DECISION_${id === 'refused' ? 'REFUSED' : 'ACCEPTED'}`,
    );
    assert.deepEqual(await eventually('all three are recorded', told), expected);
    // What either would write besides, it writes when it ends at the latest.
    for (const { replica } of pair.members) await replica.stop();
    const rows = await sql`select request_id from audit_log`;
    assert.equal(rows.length, 3);
  });

  it('refuse alike, with every detail', async () => {
    const refusals = await Promise.all(
      [leader, follower].flatMap(({ client: { hosts, placement } }) => [
        refusalOf(hosts.removeHost({ hostname: 'nowhere' })),
        refusalOf(placement.submitGuest({ vmid: 'UPPER', cpu: 0, memoryKib: 1n, baseGuest: 'none' })),
      ]),
    );
    assert.deepEqual(refusals.slice(2), refusals.slice(0, 2));
    assert.equal(refusals[0]?.reason, 'HOST_NOT_FOUND');
    assert.ok((refusals[1]?.violations.length ?? 0) >= 3);
  });

  it('give fifty repetitions over both of them one guest and one answer', async () => {
    await populate(follower.client);
    const request = { vmid: 'one', cpu: 1, memoryKib: BigInt(GIB), baseGuest: 'base', requestId: 'fifty' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const { client } = pair.members[index % 2] as Member;
        return patiently(() => client.placement.submitGuest(request));
      }),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal((await follower.client.guests.listGuests({})).guests.length, 1);
    const other = refusalOf(follower.client.placement.submitGuest({ ...request, cpu: 2 }));
    assert.equal((await other).reason, 'REQUEST_ID_REUSED');

    leader.replica.signal('SIGKILL');
    await takenOver(follower);
    assert.deepEqual(await patiently(() => follower.client.placement.submitGuest(request)), answers[0]);
  });

  it('go on when the leader is killed: watchers and clients of either are told every change once, in order', async () => {
    const over = new AbortController();
    const watch = await revisionsOf(follower.client);
    // To this one they are one service.
    const both = connect([leader.replica.address, follower.replica.address]);
    const followed = await followedBy(both, over.signal);
    const made = makeHosts(both, over.signal);
    await eventually('some were made and heard of', () => made.count() >= 5 && followed.heard.length >= 5);
    leader.replica.signal('SIGKILL');
    const tookMs = await takenOver(follower);
    assert.ok(tookMs <= TAKEOVER_MS);
    const [madeBefore, heardBefore] = [made.count(), followed.heard.length];
    await eventually(
      'more were made and heard of',
      () => made.count() >= madeBefore + 5 && followed.heard.length >= heardBefore + 5,
    );
    over.abort();
    await Promise.all([made.ended, followed.ended]);
    both.close();
    const committed = await compare(watch);
    assert.deepEqual(followed.heard, committed.slice(0, followed.heard.length));
  });

  it('go on when the leader is frozen; thawed, it changes nothing, and follows', async () => {
    const [old, next] = [leader, follower];
    const over = new AbortController();
    const watches = await Promise.all([old, next].map(({ client }) => revisionsOf(client)));
    const made = makeHosts(next.client, over.signal);
    // Its own clients have it in the middle of something.
    const mine = makeHosts(old.client, over.signal);
    await eventually('some were made by both', () => made.count() >= 5 && mine.count() >= 5);
    old.replica.signal('SIGSTOP');
    await takenOver(next);
    const before = made.count();
    await eventually('more were made', () => made.count() >= before + 3);
    old.replica.signal('SIGCONT');

    await eventually('it follows', async () => {
      const { isSelf, holder } = await old.client.operations.getLeader({});
      return !isSelf && holder !== '';
    });
    const thawed = mine.count();
    await eventually('what it is asked is done by the other', () => mine.count() >= thawed + 3, { withinMs: 30_000 });
    over.abort();
    await Promise.all([made.ended, mine.ended]);
    for (const watch of watches) await compare(watch);

    // Commits of one epoch after those of the one before: whoever was deposed has written nothing since.
    const batches = await sql`select epoch::integer, last_revision::integer from batches order by committed_at`;
    const epochs = batches.map(({ epoch }) => epoch as number);
    assert.deepEqual(
      epochs,
      epochs.toSorted((a, b) => a - b),
    );
    assert.ok(new Set(epochs).size >= 2);
  });

  it('both say so within 5 s when the database is away, and within 5 s when it is back', async function () {
    if (!server.mayBeStopped) skip(this, 'the Postgres server is not ours to stop');
    const healthy = async ({ replica }: Member) =>
      (await fetch(`http://${replica.httpAddress}/healthz`)).status === 200;
    const all = async (wanted: boolean) => {
      const states = await Promise.all(pair.members.map(healthy));
      return states.every((state) => state === wanted);
    };
    await sql.end();
    await server.stop('immediate');
    await eventually('neither serves', () => all(false), { withinMs: 5_000 });
    // What they know they still tell, as of its revision.
    await follower.client.hosts.listHosts({});
    await server.start();
    await eventually('both serve', () => all(true), { withinMs: 5_000 });
    await follower.client.hosts.registerHost({ hostname: 'h1', uri: 'sim://h1', maxIoKib: 1n, requestId: 'r' });
  });

  /** Everything that was committed of hosts, as the database has it, against what a watcher heard. */
  async function compare(watch: Watched): Promise<number[]> {
    const rows = await sql`select revision::integer from change_log where kind = 'host' order by revision`;
    const committed = rows.map(({ revision }) => revision as number);
    const last = committed.at(-1) ?? 0;
    await Promise.race([watch.ended, eventually('all of it is heard', () => (watch.heard.at(-1) ?? 0) >= last)]);
    watch.stop();
    assert.equal(await watch.ended, undefined, 'the watch was cut off');
    assert.deepEqual(watch.heard.slice(0, committed.length), committed);
    return committed;
  }
});

async function refusalOf(call: Promise<unknown>) {
  const error = await call.then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof VirtdcError, String(error));
  const { code, reason, message, metadata, violations } = error;
  return { code, reason, message, metadata, violations };
}

async function populate({ hosts, guests }: VirtdcClient): Promise<void> {
  await hosts.registerHost({ hostname: 'node1', uri: 'sim://node1', maxIoKib: 2n ** 30n });
  await hosts.registerPool({ name: 'local', kind: 'POOL_KIND_LOCAL', hostnames: ['node1'] });
  await guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
}

/** Registers hosts one after another, each once whatever happens to the replicas, until the signal aborts. */
function makeHosts({ hosts }: VirtdcClient, signal: AbortSignal) {
  let count = 0;
  const prefix = `h${Math.floor(performance.now() * 1_000)}`;
  const ended = (async () => {
    while (!signal.aborted) {
      const hostname = `${prefix}-${count}`;
      const request = { hostname, uri: `sim://${hostname}`, maxIoKib: 1n, requestId: hostname };
      await eventually('it is registered', async () => (await hosts.registerHost(request)).host !== undefined, {
        withinMs: 60_000,
        tolerate: (error) => error instanceof VirtdcError && error.isTransient,
      });
      count += 1;
    }
  })();
  return { count: () => count, ended };
}

/** What a client hears of an empty fleet that goes on by itself wherever it is cut off. Resolves once it has caught up. */
async function followedBy({ hosts }: VirtdcClient, signal: AbortSignal) {
  const heard: number[] = [];
  let caughtUp = (): void => undefined;
  const synced = new Promise<void>((resolve) => {
    caughtUp = resolve;
  });
  const ended = (async () => {
    for await (const { events } of followHosts(hosts, { signal, progressIntervalS: 1 })) {
      for (const { event, revision } of events) {
        if (event?.$case === 'upserted') heard.push(Number(revision));
        else if (event?.$case === 'synced') caughtUp();
      }
    }
  })();
  await Promise.race([synced, ended]);
  return { heard, ended };
}

interface Watched {
  /** Revisions of hosts, in the order they came. */
  readonly heard: number[];
  stop(): void;
  /** Resolves, when it has ended, with what cut it off. */
  readonly ended: Promise<unknown>;
}

/** One watch of an empty fleet, never resumed: it has to last. Resolves once it has caught up. */
async function revisionsOf({ hosts }: VirtdcClient): Promise<Watched> {
  const heard: number[] = [];
  const stopping = new AbortController();
  let caughtUp = (): void => undefined;
  const synced = new Promise<void>((resolve) => {
    caughtUp = resolve;
  });
  const ended = (async () => {
    for await (const { events } of hosts.watchHosts({ sendInitial: true }, { signal: stopping.signal })) {
      for (const { event, revision } of events) {
        if (event?.$case === 'upserted' || event?.$case === 'deleted') heard.push(Number(revision));
        else if (event?.$case === 'synced') caughtUp();
      }
    }
  })().catch((error: unknown) => (stopping.signal.aborted ? undefined : error));
  await Promise.race([synced, ended]);
  return { heard, stop: () => stopping.abort(), ended };
}
