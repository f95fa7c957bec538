// WatchGuests and WatchHosts over the wire: every change once and in order, from any revision on; filters, ends and limits.

import assert from 'node:assert/strict';
import type { WatchGuestsRequest, WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { WatchHostsResponse } from '#gen/virtdc/v1/host_info_service.js';
import type { GuestEvent } from '#gen/virtdc/v1/watch.js';
import { eventually } from '../eventually.js';
import { GIB, node, nodeInfo, refused, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2'];

function eventText(event: GuestEvent): string {
  const { revision } = event;
  switch (event.event?.$case) {
    case 'upserted': {
      const { vmid, state, hostname, currentCpu, labels } = event.event.value;
      return `${revision} ${vmid} ${state} ${hostname} ${currentCpu} ${JSON.stringify(labels)}`;
    }
    case 'deleted':
      return `${revision} ${event.event.value.vmid} ${event.event.value.reason}`;
    default:
      return `${revision} ${event.event?.$case}`;
  }
}

/** Follows a watch in the background, and keeps all it told. */
class Follower {
  readonly events: GuestEvent[] = [];
  readonly answers: WatchGuestsResponse[] = [];
  error: unknown;
  private readonly left = new AbortController();
  readonly ended: Promise<void>;

  constructor(world: World, request: Partial<WatchGuestsRequest>) {
    this.ended = this.follow(world, request).catch((error: unknown) => {
      if (!this.left.signal.aborted) this.error = error;
    });
  }

  private async follow(world: World, request: Partial<WatchGuestsRequest>): Promise<void> {
    for await (const answer of world.client.guests.watchGuests(request, { signal: this.left.signal })) {
      this.answers.push(answer);
      this.events.push(...answer.events);
    }
  }

  /** What changed, without notices. */
  get changes(): string[] {
    return this.events.filter(({ event }) => event?.$case === 'upserted' || event?.$case === 'deleted').map(eventText);
  }

  get revision(): bigint {
    return this.answers.at(-1)?.revision ?? -1n;
  }

  async reaches(revision: bigint): Promise<this> {
    await eventually(`the watch reaches ${revision}`, () => this.revision >= revision || this.error !== undefined, {
      everyMs: 5,
    });
    assert.equal(this.error, undefined);
    return this;
  }

  async leave(): Promise<void> {
    this.left.abort();
    await this.ended;
  }
}

/** A guest's life with every kind of change in it. */
async function aLife(world: World, vmid: string): Promise<void> {
  await world.submit(vmid, { maxCpu: 4, labels: { app: 'web' } });
  await world.succeeds((await world.client.scaling.scaleCpu({ vmid, cpu: 4 })).operation);
  await world.client.guests.updateGuest({ vmid, setLabels: { app: 'db' } });
  await world.succeeds((await world.client.migration.migrateGuest({ vmid })).operation);
  await world.client.guests.updateGuest({ vmid, setLabels: { app: 'web' } });
  await world.terminate(vmid);
}

describe('a watch', function () {
  this.timeout(60_000);
  let world: World;
  const followers: Follower[] = [];
  const follow = (request: Partial<WatchGuestsRequest>): Follower => {
    const follower = new Follower(world, request);
    followers.push(follower);
    return follower;
  };
  afterEach(async () => {
    for (const follower of followers.splice(0)) await follower.leave();
    await world.end();
  });

  // The ring of 4 entries makes most of them read the log.
  for (const maxEntries of [65_536, 4]) {
    it(`tells the same from every revision on, with ${maxEntries} entries in memory`, async () => {
      world = await World.start({ watchLimits: { maxEntries } });
      await world.ready(HOSTS);
      const from = await world.revision();
      const first = follow({ startRevision: from });
      await aLife(world, 'one');
      await aLife(world, 'two');
      const to = await world.revision();
      await first.reaches(to);
      const all = first.changes;
      assert.ok(all.length > 20 && all.some((text) => text.endsWith('two DELETE_REASON_TERMINATED')));
      const revisions = first.events.map(({ revision }) => revision);
      assert.deepEqual(
        revisions,
        revisions.toSorted((a, b) => Number(a - b)),
      );
      assert.equal(new Set(all).size, all.length);
      for (let start = from; start <= to; start++) {
        const later = await follow({ startRevision: start }).reaches(to);
        const due = all.filter((text) => BigInt(text.split(' ')[0] ?? '') > start);
        assert.deepEqual(later.changes, due, `from ${start}`);
        await later.leave();
      }
    });
  }

  it('is resumed where a restart ended it: nothing missed, nothing twice', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    const from = await world.revision();
    const first = follow({ startRevision: from });
    await world.submit('one');
    await first.reaches(await world.revision());
    await world.restart();
    await first.ended;
    await refused(Promise.reject(first.error), 'UNAVAILABLE', 'SHUTTING_DOWN');
    const resume = BigInt((first.error as { metadata: Record<string, string> }).metadata.resume_revision ?? '');
    await world.terminate('one');
    const to = await world.revision();
    const second = await follow({ startRevision: resume }).reaches(to);
    const whole = await follow({ startRevision: from }).reaches(to);
    assert.deepEqual([...first.changes, ...second.changes], whole.changes);
  });

  it('begins with the state where that is asked for, then says so, then tells the changes', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    await world.submit('one');
    await world.settled('one');
    const revision = await world.revision();
    const follower = await follow({ sendInitial: true }).reaches(revision);
    const { guests } = await world.client.guests.listGuests({});
    const [state, synced] = follower.events;
    assert.deepEqual(state?.event, { $case: 'upserted', value: guests[0] });
    assert.equal(synced?.event?.$case, 'synced');
    assert.deepEqual(follower.answers.map(({ batchEnd }) => batchEnd).at(-1), true);
    await world.client.guests.updateGuest({ vmid: 'one', setLabels: { a: 'b' } });
    await follower.reaches(revision + 1n);
    assert.equal(follower.changes.length, 2);
    const { events } = await follow({}).reaches(revision + 1n);
    assert.deepEqual(
      events.map(({ event }) => event?.$case),
      ['synced'],
      '0 is from now on',
    );
  });

  it('tells what leaves its filter, and what comes into it', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    await world.submit('one', { labels: { app: 'web' } });
    await world.submit('other', { labels: { app: 'db' } });
    await world.settled('one');
    await world.settled('other');
    const from = await world.revision();
    const follower = follow({
      startRevision: from,
      filter: { vmids: [], hostnames: [], states: [], labels: { app: 'web' }, baseGuest: '' },
    });
    for (const app of ['db', 'web']) await world.client.guests.updateGuest({ vmid: 'one', setLabels: { app } });
    await world.client.guests.updateGuest({ vmid: 'other', setLabels: { app: 'cache' } });
    await world.terminate('one');
    await follower.reaches(await world.revision());
    const told = follower.changes.map((text) => text.split(' ').slice(1, 3).join(' '));
    assert.deepEqual(told.slice(0, 2), ['one DELETE_REASON_LEFT_FILTER', 'one GUEST_STATE_RUNNING']);
    assert.equal(told.at(-1), 'one DELETE_REASON_TERMINATED');
    assert.ok(told.every((text) => text.startsWith('one')));
  });

  it('from before what is kept, from the future, or that asks for both a state and a past, is refused', async () => {
    world = await World.start({
      times: 30,
      watchLimits: { maxEntries: 4 },
      env: { VIRTDC_RETENTION_LOG_ENTRIES: '10' },
    });
    await world.ready(HOSTS);
    await aLife(world, 'one');
    await world.submit('two');
    await eventually('the log is compacted', () => world.database.oldestRevision > 1);
    const first = async (request: Partial<WatchGuestsRequest>) => {
      for await (const answer of world.client.guests.watchGuests(request)) return answer;
      throw new Error('ended without an answer');
    };
    const compacted = await refused(first({ startRevision: 1n }), 'OUT_OF_RANGE', 'REVISION_COMPACTED');
    const oldest = BigInt(compacted.metadata.oldest_revision ?? '');
    assert.ok(oldest > 1n && oldest <= BigInt(world.database.lastRevision));
    await first({ startRevision: oldest });
    const future = await refused(first({ startRevision: 1_000_000n }), 'OUT_OF_RANGE', 'REVISION_FUTURE');
    assert.ok(BigInt(future.metadata.latest_revision ?? '') <= BigInt(world.database.lastRevision));
    await refused(first({ startRevision: -1n }), 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    await refused(first({ startRevision: 1n, sendInitial: true }), 'INVALID_ARGUMENT', 'INVALID_FIELDS');
  });

  it('says now and then how far the log has come, to who is told nothing', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    const none = { vmids: ['nobody'], hostnames: [], states: [], labels: {}, baseGuest: '' };
    const follower = follow({ filter: none, progressIntervalS: 1 });
    await world.submit('one');
    const revision = await world.revision();
    await follower.reaches(revision);
    assert.deepEqual(follower.changes, []);
    assert.equal(follower.events.at(-1)?.event?.$case, 'progress');
  });

  it('of hosts shows what is available move with each guest', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    const from = await world.revision();
    const seen: string[] = [];
    const left = new AbortController();
    const following = (async () => {
      for await (const { events } of world.client.hosts.watchHosts({ startRevision: from }, { signal: left.signal })) {
        for (const { event } of events) {
          if (event?.$case === 'upserted') seen.push(`${event.value.hostname} ${event.value.availCpu}`);
        }
      }
    })().catch((error: unknown) => assert.ok(left.signal.aborted, String(error)));
    const guest = await world.submit('one', { maxCpu: 4 });
    await world.succeeds((await world.client.scaling.scaleCpu({ vmid: 'one', cpu: 4 })).operation);
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one' });
    await world.succeeds(operation);
    await world.terminate('one');
    const [here, there] = guest.hostname === 'node1' ? ['node1', 'node2'] : ['node2', 'node1'];
    const due = [`${here} 14`, `${here} 12`, `${there} 12`, `${here} 16`, `${there} 16`];
    await eventually(
      'the hosts are told',
      () => seen.filter((one, index) => one !== seen[index - 1]).join() === due.join(),
    );
    left.abort();
    await following;
  });

  it('is not ended by a batch of 2,000 changes, nor told them in answers larger than 512 KiB', async () => {
    world = await World.start();
    const follower = follow({ startRevision: 0n });
    await follower.reaches(0n);
    const answers: WatchHostsResponse[] = [];
    const left = new AbortController();
    const following = (async () => {
      for await (const answer of world.client.hosts.watchHosts({}, { signal: left.signal })) answers.push(answer);
    })().catch((error: unknown) => assert.ok(left.signal.aborted, String(error)));
    await eventually('it watches', () => answers.length > 0);
    const nodes = Array.from({ length: 2_000 }, (_, index) =>
      node(`node${index}`, 16, 32 * GIB, 500 * GIB, 1).replace('10.0.0.1', `10.0.${index >> 8}.${index & 255}`),
    );
    await world.client.hosts.importNodeInfo({ xml: nodeInfo(...nodes) });
    const hosts = () =>
      new Set(
        answers.flatMap(({ events }) =>
          events.flatMap(({ event }) => (event?.$case === 'upserted' ? [event.value.hostname] : [])),
        ),
      );
    await eventually('it has heard of all of them', () => hosts().size === 2_000);
    left.abort();
    await following;
    const initial: WatchHostsResponse[] = [];
    for await (const answer of world.client.hosts.watchHosts({ sendInitial: true })) {
      initial.push(answer);
      if (answer.events.some(({ event }) => event?.$case === 'synced')) break;
    }
    assert.equal(initial.flatMap(({ events }) => events).length, 2_001);
    assert.ok(initial.length > 2, 'more than one answer');
    for (const answer of [...answers, ...initial])
      assert.ok(WatchHostsResponse.encode(answer).finish().length <= 512 * 1024 + 64);
    assert.equal(follower.error, undefined);
  });

  it('that nobody reads delays no other, and changes go on', async () => {
    world = await World.start();
    await world.ready(HOSTS);
    await world.submit('one');
    const from = await world.revision();
    const watchers = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${world.service.httpPort}/metrics`)).text();
      return Number(/^virtdc_watchers (\d+)$/m.exec(metrics)?.[1]);
    };
    const stalled = world.client.guests.watchGuests({ sendInitial: true })[Symbol.asyncIterator]();
    await stalled.next();
    const follower = follow({ startRevision: from });
    const labels = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, 'x'.repeat(63)]));
    for (let round = 0; round < 300; round++) {
      await world.client.guests.updateGuest({ vmid: 'one', setLabels: { ...labels, round: String(round) } });
    }
    const to = await world.revision();
    await follower.reaches(to);
    assert.ok(follower.changes.length >= 300);
    await assert.rejects(
      async () => {
        await eventually('it is cut off', async () => (await watchers()) < 2);
        for (;;) if ((await stalled.next()).done === true) break;
      },
      { codeName: 'RESOURCE_EXHAUSTED' },
    );
  });
});
