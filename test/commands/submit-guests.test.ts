// SubmitGuests against SubmitGuest one by one: the same guests on the same hosts for the same reasons, or nothing at all.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type SubmitGuestRequest, submitGuest } from '../../src/commands/submit-guest.js';
import { type Submission, submitGuests } from '../../src/commands/submit-guests.js';
import type { EntityKind } from '../../src/fleet/change.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { fleetTexts } from '../fleets/random.js';
import { accepted, refused, testContext } from './decide.js';
import { submission } from './requests.js';

const KINDS: readonly EntityKind[] = ['host', 'guest', 'claim', 'pool', 'image', 'template', 'baseGuest', 'operation'];

/** Everything in the fleet, and what is computed from it. */
function stateOf(fleet: Fleet): unknown {
  const hosts = [...fleet.all('host')];
  return {
    revision: fleet.revision,
    entities: KINDS.map((kind) => [...fleet.all(kind)]),
    rooms: hosts.map((host) => fleet.room(host)),
    pools: [...fleet.all('pool')].map(({ name }) => fleet.poolUsedKib(name)),
    guests: hosts.map(({ hostname }) => fleet.guestsOn(hostname)),
  };
}

/** Where it went and what was compared, or why it did not. */
function told(submission: Submission): unknown {
  if (!submission.accepted) return submission.refusal;
  const { guest, operation } = submission;
  return [guest.vmid, guest.hostname, operation.charged, { ...operation.decision, revision: 0 }];
}

/** Some names are there already, or come twice; some guests are too large for any host. */
const requests: fc.Arbitrary<readonly SubmitGuestRequest[]> = fc.array(
  fc
    .record({
      vmid: fc.integer({ min: 0, max: 12 }).map((number) => `vm${number + 10}`),
      cpu: fc.integer({ min: 1, max: 12 }),
      memoryKib: fc.integer({ min: 1, max: 24 }).map((gib) => kib(`${gib}GiB`)),
      pool: fc.constantFrom('', 'local', 'shared', 'none'),
      strategy: fc.constantFrom(undefined, 'FIRST_FIT' as const, 'WORST_FIT' as const, 'VECTOR_DOT' as const),
    })
    .map(({ vmid, ...more }) => submission(vmid, more)),
  { maxLength: 12 },
);

describe('SubmitGuests', () => {
  it('comes to what SubmitGuest would, one after the other', () => {
    fc.assert(
      fc.property(fleetTexts, requests, (text, guests) => {
        const [together, apart] = [parseFleet(text), parseFleet(text)];
        const many = accepted(together, submitGuests({ guests, allOrNone: false }));
        for (const [index, guest] of guests.entries()) {
          const one = submitGuest(guest).decide(apart, testContext());
          if (one.accepted) accepted(apart, { name: 'once', decide: () => one });
          const was = many[index];
          assert.ok(was);
          const due: Submission = one.accepted ? { accepted: true, ...one.result } : { ...one, revision: 0 };
          assert.deepEqual(told(was), told(due));
        }
        assert.equal(many.length, guests.length);
        assert.deepEqual(
          [...together.all('host')].map((host) => together.room(host)),
          [...apart.all('host')].map((host) => apart.room(host)),
        );
      }),
    );
  });

  it('with all_or_none takes all of them, or changes nothing', () => {
    fc.assert(
      fc.property(fleetTexts, requests, (text, guests) => {
        const fleet = parseFleet(text);
        const before = stateOf(fleet);
        const each = submitGuests({ guests, allOrNone: false }).decide(fleet, testContext());
        assert.deepEqual(stateOf(fleet), before, 'a decision alone changes nothing');
        assert.ok(each.accepted);
        const all = submitGuests({ guests, allOrNone: true }).decide(fleet, testContext());
        assert.deepEqual(stateOf(fleet), before);
        const first = each.result.findIndex((one) => !one.accepted);
        assert.equal(all.accepted, first < 0);
        if (all.accepted) assert.equal(all.result.length, guests.length);
        else assert.equal(all.refusal.metadata.index, String(first));
      }),
    );
  });

  it('gives the last slot to the first of two, and says so of each', () => {
    const fleet = readFleet('last-slot');
    const guests = [submission('first'), submission('second')];
    const [first, second] = accepted(fleet, submitGuests({ guests, allOrNone: false }));
    assert.ok(first?.accepted && second !== undefined && !second.accepted);
    assert.equal(first.guest.hostname, 'node2');
    assert.equal(second.refusal.reason, 'NO_HOST_FITS');
    assert.equal(second.refusal.explanation?.hosts.length, 2);
    assert.deepEqual([...fleet.all('guest')].map(({ vmid }) => vmid).includes('second'), false);
  });

  it('names the guest that refused all of them', () => {
    const fleet = readFleet('three-nodes');
    const guests = [submission('one'), submission('two', { cpu: 0 }), submission('three')];
    const refusal = refused(fleet, submitGuests({ guests, allOrNone: true }), 'INVALID_FIELDS');
    assert.deepEqual(refusal.metadata, { index: '1' });
    assert.match(refusal.message, /^guests\[1\]: /);
    assert.deepEqual(
      refusal.violations.map(({ field }) => field),
      ['guests[1].cpu'],
    );
    assert.equal(fleet.get('guest', 'one'), undefined);
  });

  it('records with each guest the revision whose claims it was decided on', () => {
    const fleet = readFleet('three-nodes');
    const { revision } = fleet;
    const guests = ['one', 'two', 'three'].map((vmid) => submission(vmid));
    const submissions = accepted(fleet, submitGuests({ guests, allOrNone: true }));
    const seen = submissions.map((one) => one.accepted && one.operation.decision?.revision);
    assert.deepEqual(seen, [revision, revision + 3, revision + 6]);
  });

  it('refuses a guest that could not be read where it stands, and takes the others', () => {
    const fleet = readFleet('three-nodes');
    const unread = refused(fleet, submitGuest(submission('bad', { memoryKib: 1 })), 'INVALID_FIELDS');
    const guests = [submission('one'), unread, submission('two')];
    const submissions = accepted(fleet, submitGuests({ guests, allOrNone: false }));
    assert.deepEqual(
      submissions.map((one) => one.accepted),
      [true, false, true],
    );
  });
});
