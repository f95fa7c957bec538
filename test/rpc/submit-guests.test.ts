// Many guests in one call, over the wire: each answered as SubmitGuest would have, or all or none; and safe to repeat.

import assert from 'node:assert/strict';
import { VirtdcError } from '../../src/client/error.js';
import { LIMITS } from '../../src/limits.js';
import { GIB, refused, World } from './service.js';

const HOSTS = ['node1', 'node2'];
const RESOURCE_EXHAUSTED = 8;

describe('many guests in one call', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(HOSTS);
  });
  afterEach(() => world.end());

  const vmids = async (): Promise<string[]> =>
    (await world.client.guests.listGuests({})).guests.map(({ vmid }) => vmid);

  it('are placed on what the ones before them took, and made', async () => {
    // Hosts of 16 CPUs: two guests of 10 find room, a third does not.
    const guests = ['one', 'two', 'three', 'four'].map((vmid) => world.submission(vmid, { cpu: 10 }));
    guests[3] = world.submission('four', { cpu: 6 });
    const { results } = await world.client.placement.submitGuests({ guests });
    const hosts = results.map(({ outcome }) =>
      outcome?.$case === 'accepted' ? outcome.value.guest?.hostname : outcome?.value.reason,
    );
    assert.deepEqual(new Set(hosts.slice(0, 2)), new Set(HOSTS));
    assert.equal(hosts[2], 'NO_HOST_FITS');
    assert.ok(HOSTS.includes(hosts[3] ?? ''));
    for (const { outcome } of results) if (outcome?.$case === 'accepted') await world.succeeds(outcome.value.operation);
    assert.deepEqual(await vmids(), ['four', 'one', 'two']);
  });

  it('are refused each with what SubmitGuest would have said', async () => {
    const unreadable = world.submission('9x', { cpu: 0 });
    const huge = world.submission('huge', { cpu: 17 });
    const unknown = world.submission('lost', { baseGuest: 'none' });
    const { results } = await world.client.placement.submitGuests({ guests: [unreadable, huge, unknown] });
    for (const [index, guest] of [unreadable, huge, unknown].entries()) {
      const alone = await world.client.placement.submitGuest(guest).catch((error: unknown) => error);
      assert.ok(alone instanceof VirtdcError);
      const outcome = results[index]?.outcome;
      assert.ok(outcome?.$case === 'refused');
      const { code, reason, message, metadata, violations, explanation } = outcome.value;
      assert.deepEqual(
        { code, reason, message, metadata, violations, hosts: explanation?.hosts },
        {
          code: alone.code,
          reason: alone.reason,
          message: alone.message,
          metadata: { ...alone.metadata },
          violations: alone.violations.map(({ field, description }) => ({ field, description })),
          hosts: alone.explanation?.hosts,
        },
      );
    }
    assert.equal(results[1]?.outcome?.$case === 'refused' && results[1].outcome.value.code, RESOURCE_EXHAUSTED);
    assert.deepEqual(await vmids(), []);
  });

  it('come all or none, and the one that is refused is named', async () => {
    const guests = [world.submission('one'), world.submission('huge', { memoryKib: BigInt(33 * GIB) })];
    const request = { guests, allOrNone: true, requestId: 'r-1' };
    const error = await refused(world.client.placement.submitGuests(request), 'RESOURCE_EXHAUSTED', 'NO_HOST_FITS');
    assert.equal(error.metadata.index, '1');
    assert.deepEqual(await vmids(), []);
    const wrong = [world.submission('one', { cpu: 0 }), world.submission('two'), world.submission('3', { ioKib: -1n })];
    const invalid = await refused(
      world.client.placement.submitGuests({ guests: wrong, allOrNone: true }),
      'INVALID_ARGUMENT',
      'INVALID_FIELDS',
    );
    assert.deepEqual(invalid.violations.map(({ field }) => field).sort(), [
      'guests[0].cpu',
      'guests[2].io_kib',
      'guests[2].vmid',
    ]);
    const good = { ...request, guests: [world.submission('one'), world.submission('two')] };
    const { results } = await world.client.placement.submitGuests(good);
    assert.equal(results.length, 2);
    assert.deepEqual(await vmids(), ['one', 'two']);
  });

  it('are answered the same under the same request id, refusals too, also after a restart', async () => {
    const guests = [world.submission('one'), world.submission('huge', { cpu: 17 })];
    const request = { guests, requestId: 'r-1' };
    const first = await world.client.placement.submitGuests(request);
    const outcome = first.results[0]?.outcome;
    assert.ok(outcome?.$case === 'accepted');
    assert.equal(outcome.value.guest?.createdByRequestId, 'r-1');
    await world.succeeds(outcome.value.operation);
    assert.deepEqual(await world.client.placement.submitGuests(request), first);
    await world.restart();
    assert.deepEqual(await world.client.placement.submitGuests(request), first);
    await refused(
      world.client.placement.submitGuests({ ...request, allOrNone: true }),
      'INVALID_ARGUMENT',
      'REQUEST_ID_REUSED',
    );
    assert.deepEqual(await vmids(), ['one']);
  });

  it('are only thought of in a dry run', async () => {
    const guests = ['one', 'two', 'three'].map((vmid) => world.submission(vmid, { cpu: 16 }));
    const { results } = await world.client.placement.submitGuests({ guests, validateOnly: true });
    assert.deepEqual(
      results.map(({ outcome }) => outcome?.$case),
      ['accepted', 'accepted', 'refused'],
    );
    const [first] = results;
    assert.ok(first?.outcome?.$case === 'accepted' && first.outcome.value.operation === undefined);
    assert.deepEqual(await vmids(), []);
  });

  it('have a limit, and what is said once is not said for each', async () => {
    const { placement } = world.client;
    const fields = async (request: Parameters<typeof placement.submitGuests>[0]): Promise<string[]> => {
      const error = await refused(placement.submitGuests(request), 'INVALID_ARGUMENT', 'INVALID_FIELDS');
      return error.violations.map(({ field }) => field);
    };
    const many = Array.from({ length: LIMITS.maxGuestsSubmitted + 1 }, (_, i) => world.submission(`vm-${i}`));
    assert.deepEqual(await fields({ guests: many }), ['guests']);
    assert.deepEqual(await fields({ guests: [] }), ['guests']);
    const own = [world.submission('one', { requestId: 'own', validateOnly: true })];
    assert.deepEqual(await fields({ guests: own, allOrNone: true }), [
      'guests[0].request_id',
      'guests[0].validate_only',
    ]);
    assert.deepEqual(await vmids(), []);
    const { results } = await placement.submitGuests({ guests: many.slice(1), validateOnly: true });
    assert.equal(results.length, LIMITS.maxGuestsSubmitted);
  });
});
