// The choice walks a table that is kept up to date and masks that are remembered; after any history it has to be the choice
// of somebody who looks at every host afresh, and gives every reason.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newGuest } from '../../src/commands/new-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { type Change, type EntityKind, put, remove } from '../../src/fleet/change.js';
import { countCodes, STRATEGIES } from '../../src/fleet/explanation.js';
import { Fleet, type FleetView } from '../../src/fleet/fleet.js';
import { isRefusal } from '../../src/fleet/refusal.js';
import { LIMITS } from '../../src/limits.js';
import { removeGuest } from '../../src/operations/guest-changes.js';
import { FILTERS } from '../../src/policy/feasible.js';
import { needing, type PlacementRequest } from '../../src/policy/needs.js';
import { explain, place, survey, verdictFor } from '../../src/policy/place.js';
import { commit, testContext } from '../commands/decide.js';
import { submission } from '../commands/requests.js';
import { kib, parseFleet } from '../fleets/parse.js';
import { fleetTexts } from '../fleets/random.js';

const KINDS: readonly EntityKind[] = ['policy', 'template', 'baseGuest', 'host', 'pool', 'image', 'guest', 'claim'];

function afresh(fleet: FleetView): Fleet {
  const copy = new Fleet();
  for (const kind of KINDS) for (const entity of fleet.all(kind)) copy.apply(put(kind, entity));
  copy.revision = fleet.revision;
  return copy;
}

/** Every host looked at for itself, all that fit sorted. */
function plainly(fleet: FleetView, request: PlacementRequest): unknown {
  const unknowing = afresh(fleet);
  const verdicts = [...fleet.all('host')].map((host) => verdictFor(unknowing, request, host));
  const ranked = verdicts
    .filter(({ verdict }) => verdict !== 'REJECTED')
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0) || (a.hostname < b.hostname ? -1 : 1));
  return {
    strategy: request.strategy,
    winner: ranked[0]?.hostname ?? '',
    runnerUp: ranked[1]?.hostname ?? '',
    revision: fleet.revision,
    hostsConsidered: verdicts.length,
    rejected: countCodes(verdicts),
  };
}

/** What might come between two decisions; numbers choose among what there is. */
const step = fc.record({
  what: fc.constantFrom(
    'submit',
    'submit',
    'submit',
    'release',
    'cordon',
    'resize',
    'leave',
    'come',
    'unplug',
    'image',
    'suppose',
    'take back',
  ),
  which: fc.nat(100),
  cpu: fc.integer({ min: 1, max: 8 }),
  gib: fc.integer({ min: 1, max: 16 }),
  pool: fc.constantFrom('', 'local', 'shared'),
  strategy: fc.constantFrom(...STRATEGIES),
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function asked(fleet: FleetView, { cpu, gib, pool, strategy }: Step): PlacementRequest | undefined {
  const shape = { ...submission('new', { cpu, memoryKib: kib(`${gib}GiB`), pool, strategy }), seeded: false };
  const plan = newGuest(fleet, shape);
  return isRefusal(plan) ? undefined : plan.placement;
}

function changesOf(fleet: Fleet, { what, which, cpu, gib, pool, strategy }: Step): readonly Change[] {
  const hosts = [...fleet.all('host')];
  const host = hosts[which % Math.max(1, hosts.length)];
  const guests = [...fleet.all('guest')];
  const guest = guests[which % Math.max(1, guests.length)];
  switch (what) {
    case 'release':
      return guest === undefined ? [] : removeGuest(fleet, guest.vmid, 'TERMINATED');
    case 'cordon':
      return host === undefined ? [] : [put('host', { ...host, adminState: which % 2 ? 'CORDONED' : 'AVAILABLE' })];
    case 'resize':
      return host === undefined ? [] : [put('host', { ...host, capacity: { ...host.capacity, cpu } })];
    case 'leave':
      return host === undefined || fleet.guestsOn(host.hostname).length > 0
        ? []
        : [remove('host', host.hostname, 'REMOVED')];
    case 'come':
      return host === undefined ? [] : [put('host', { ...host, hostname: `new-${which % 5}` })];
    case 'unplug': {
      const local = fleet.get('pool', 'local');
      return local === undefined ? [] : [put('pool', { ...local, hosts: local.hosts.slice(which % 2) })];
    }
    case 'image': {
      const [image] = [...fleet.all('image')].filter((one) => one.pool === 'local');
      return image === undefined ? [] : [remove('image', `${image.pool}/${image.hostname}/${image.name}`, 'REMOVED')];
    }
    default: {
      const request = submission(`vm-${which}`, { cpu, memoryKib: kib(`${gib}GiB`), pool, strategy });
      const decision = submitGuest(request).decide(fleet, testContext());
      return decision.accepted ? decision.changes : [];
    }
  }
}

/** As the authority makes them: for good, taken back as if a batch had failed, or only supposed. */
function make(fleet: Fleet, one: Step): void {
  const changes = changesOf(fleet, one);
  if (one.what === 'suppose') {
    fleet.supposing((draft) => {
      draft.suppose(changes);
      compare(draft, one);
    });
  } else if (one.what === 'take back') {
    const { revision } = fleet;
    const undo = changes.map((change) => fleet.apply(change) as Change);
    for (const change of undo.reverse()) fleet.apply(change);
    fleet.revision = revision;
  } else {
    commit(fleet, changes);
  }
}

function compare(fleet: FleetView, one: Step): void {
  const request = asked(fleet, one);
  if (request === undefined) return;
  const seen = survey(fleet, request);
  assert.deepEqual(seen, plainly(fleet, request));
  const { hosts, rejected, hostsConsidered } = explain(fleet, request);
  const fitting = hosts.filter(({ verdict }) => verdict !== 'REJECTED').map(({ hostname }) => hostname);
  assert.deepEqual([seen.winner, seen.runnerUp], [fitting[0] ?? '', fitting[1] ?? '']);
  assert.deepEqual(seen.rejected, rejected);
  assert.deepEqual(rejected, countCodes(hosts));
  assert.equal(seen.hostsConsidered, hostsConsidered);
}

describe('the table of hosts', () => {
  it('leads to the choice that looking at every host leads to, whatever came before', () => {
    fc.assert(
      fc.property(fleetTexts, fc.array(step, { maxLength: 25 }), (text, steps) => {
        const fleet = parseFleet(text);
        for (const one of steps) {
          make(fleet, one);
          compare(fleet, one);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('remembers a bounded number of kinds of guests, and forgets none wrongly', () => {
    const fleet = parseFleet(`
      host | a | 8 | 8GiB | 100GiB |
      host | b | 8 | 8GiB | 100GiB | networks=other`);
    const kinds = Array.from({ length: LIMITS.guestShapesRemembered + 10 }, (_, number) => `net-${number}`);
    for (const _ of [1, 2]) {
      for (const source of ['other', ...kinds]) {
        const nics = [{ kind: 'NETWORK' as const, source }];
        const request = { ...needing({ cpu: 1, memoryKib: 1, ioKib: 1 }, 'BEST_FIT'), nics };
        assert.deepEqual(survey(fleet, request), plainly(fleet, request), source);
      }
    }
  });

  it('names at most so many hosts in a refusal, and counts all', () => {
    const count = LIMITS.hostsExplained + 5;
    const lines = Array.from(
      { length: count },
      (_, i) => `host | h${String(i).padStart(3, '0')} | 1 | 1GiB | 100GiB |`,
    );
    const fleet = parseFleet(lines.join('\n'));
    const request = needing({ cpu: 2, memoryKib: 1, ioKib: 1 }, 'BEST_FIT');
    const refusal = place(fleet, request);
    assert.ok(isRefusal(refusal));
    assert.equal(refusal.explanation?.hostsConsidered, count);
    assert.equal(refusal.explanation.rejected.INSUFFICIENT_CPU, count);
    assert.deepEqual(refusal.explanation.hosts, explain(fleet, request).hosts.slice(0, LIMITS.hostsExplained));
  });

  it('has masks with a bit for every row', () => {
    assert.ok(FILTERS.length <= 16);
  });
});
