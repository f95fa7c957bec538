// A watch that is cut off goes on where it was; one that cannot starts anew and says so.

import assert from 'node:assert/strict';
import { Status } from 'nice-grpc';
import type { WatchGuestsRequest, WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { GuestEvent } from '#gen/virtdc/v1/watch.js';
import type { VirtdcError } from '../../src/client/error.js';
import { type Batch, type FollowOptions, followGuests } from '../../src/client/follow.js';
import { FakeService, refused } from './fake-service.js';

type Script = (request: WatchGuestsRequest, signal: AbortSignal) => AsyncIterable<WatchGuestsResponse>;

const upserted = (revision: bigint, vmid: string): GuestEvent =>
  GuestEvent.fromPartial({ revision, event: { $case: 'upserted', value: { vmid, revision } } });

const answer = (revision: bigint, ...events: GuestEvent[]): WatchGuestsResponse => ({
  revision,
  events,
  batchEnd: true,
});

const failing = (error: Error): Script =>
  async function* () {
    await Promise.reject(error);
    yield answer(0n);
  };

describe('the client: a watch that is followed', () => {
  let service: FakeService;
  let scripts: Script[] = [];
  let requests: WatchGuestsRequest[] = [];

  before(async () => {
    service = await new FakeService({
      guests: {
        async *watchGuests(request: WatchGuestsRequest, { signal }) {
          requests.push(request);
          const script = scripts.shift();
          if (script === undefined) throw refused(Status.PERMISSION_DENIED, 'NO_SCRIPT');
          yield* script(request, signal);
        },
      },
    }).start();
  });
  beforeEach(() => {
    requests = [];
  });
  after(() => service.end());

  /** Reads until the scripts are used up. */
  async function read(options: FollowOptions<never> = {}): Promise<Batch<GuestEvent>[]> {
    const batches: Batch<GuestEvent>[] = [];
    await assert.rejects(
      async () => {
        for await (const batch of followGuests(service.client().guests, options)) batches.push(batch);
      },
      (error: VirtdcError) => error.reason === 'NO_SCRIPT',
    );
    return batches;
  }

  const seen = (batches: Batch<GuestEvent>[]): string[] =>
    batches.map(({ revision, events, anew }) => `${anew ? 'anew ' : ''}${revision}:${events.length}`);

  it('asks for everything first, and resumes after the last revision it was told', async () => {
    scripts = [
      async function* () {
        yield answer(0n, upserted(3n, 'a'));
        yield answer(7n, upserted(5n, 'b'));
        yield answer(8n, upserted(8n, 'a'));
        throw refused(Status.UNAVAILABLE, 'SHUTTING_DOWN', { revision: '8' });
      },
      async function* () {
        yield answer(9n, upserted(9n, 'b'));
      },
      async function* () {
        yield answer(11n, upserted(11n, 'c'));
        throw refused(Status.RESOURCE_EXHAUSTED, '');
      },
    ];
    assert.deepEqual(seen(await read()), ['anew 0:1', '7:1', '8:1', '9:1', '11:1']);
    assert.deepEqual(
      requests.map(({ startRevision, sendInitial }) => ({ startRevision, sendInitial })),
      [
        { startRevision: 0n, sendInitial: true },
        { startRevision: 8n, sendInitial: false },
        { startRevision: 9n, sendInitial: false },
        { startRevision: 11n, sendInitial: false },
      ],
    );
  });

  it('starts anew where the initial state was cut off in the middle', async () => {
    scripts = [
      async function* () {
        yield answer(0n, upserted(3n, 'a'));
        throw refused(Status.UNAVAILABLE, 'UNAVAILABLE');
      },
      async function* () {
        yield answer(0n, upserted(3n, 'a'));
        yield answer(4n, upserted(4n, 'b'));
      },
    ];
    assert.deepEqual(seen(await read()), ['anew 0:1', 'anew 0:1', '4:1']);
    assert.deepEqual(
      requests.map(({ sendInitial }) => sendInitial),
      [true, true, false],
    );
  });

  for (const reason of ['REVISION_COMPACTED', 'REVISION_FUTURE']) {
    it(`lists again after ${reason}`, async () => {
      const told: unknown[] = [];
      scripts = [
        failing(refused(Status.OUT_OF_RANGE, reason, { oldest_revision: '90' })),
        async function* () {
          yield answer(99n, upserted(42n, 'a'));
        },
      ];
      const batches = await read({ startRevision: 12n, onRetry: (_error, from) => told.push(from) });
      assert.deepEqual(seen(batches), ['anew 99:1']);
      assert.deepEqual(told.slice(0, 1), ['anew']);
      assert.deepEqual(
        requests.slice(0, 2).map(({ startRevision, sendInitial }) => ({ startRevision, sendInitial })),
        [
          { startRevision: 12n, sendInitial: false },
          { startRevision: 0n, sendInitial: true },
        ],
      );
    });
  }

  it('survives the loss of the whole server', async () => {
    scripts = [
      async function* (_request, signal) {
        yield answer(5n, upserted(5n, 'a'));
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
      async function* () {
        yield answer(6n, upserted(6n, 'a'));
      },
    ];
    const revisions: bigint[] = [];
    await assert.rejects(
      async () => {
        for await (const batch of followGuests(service.client().guests)) {
          revisions.push(batch.revision);
          if (batch.revision === 5n) {
            service.stop();
            await service.start();
          }
        }
      },
      (error: VirtdcError) => error.reason === 'NO_SCRIPT',
    );
    assert.deepEqual(revisions, [5n, 6n]);
    assert.equal(requests[1]?.startRevision, 5n);
  });

  it('goes on at the next replica where one fails', async () => {
    const asked: string[] = [];
    const replica = (name: string, ...answers: WatchGuestsResponse[]) => {
      const { guests } = service.client();
      return {
        watchGuests: (request: Parameters<typeof guests.watchGuests>[0], options?: { signal?: AbortSignal }) => {
          asked.push(`${name} after ${request.startRevision}`);
          scripts = [
            async function* () {
              yield* answers;
              throw refused(Status.UNAVAILABLE, 'SHUTTING_DOWN');
            },
          ];
          return guests.watchGuests(request, options);
        },
      };
    };
    const over = new AbortController();
    const followed = followGuests(
      [replica('one', answer(5n, upserted(5n, 'a'))), replica('two', answer(6n, upserted(6n, 'b')))],
      { signal: over.signal },
    );
    const revisions: bigint[] = [];
    for await (const { revision } of followed) if (revisions.push(revision) === 4) over.abort();
    assert.deepEqual(asked.slice(0, 3), ['one after 0', 'two after 5', 'one after 6']);
  });

  it('ends quietly when it is aborted, also while it rests between two attempts', async () => {
    const stop = new AbortController();
    scripts = [
      async function* (_request, signal) {
        yield answer(5n, upserted(5n, 'a'));
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    ];
    for await (const batch of followGuests(service.client().guests, { signal: stop.signal })) {
      assert.equal(batch.revision, 5n);
      stop.abort();
    }
    const resting = new AbortController();
    scripts = [failing(refused(Status.UNAVAILABLE, 'UNAVAILABLE'))];
    const options = { signal: resting.signal, onRetry: () => resting.abort() };
    for await (const batch of followGuests(service.client().guests, options)) assert.fail(String(batch.revision));
  });
});
