// The choice of a host: every filter for itself, the explanation against the decision, and the strategies' characters.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { newGuest } from '../../src/commands/new-guest.js';
import { type RejectCode, STRATEGIES, type Strategy } from '../../src/fleet/explanation.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import { isRefusal } from '../../src/fleet/refusal.js';
import { RESOURCE_NAMES } from '../../src/fleet/resources.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { FILTERS } from '../../src/policy/feasible.js';
import { moveRequest } from '../../src/policy/move.js';
import { needing, type PlacementRequest } from '../../src/policy/needs.js';
import { explain, place, placeOn, survey } from '../../src/policy/place.js';
import { submission } from '../commands/requests.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { fleetTexts } from '../fleets/random.js';

function requestOf(fleet: Fleet, more: Parameters<typeof submission>[1] = {}): PlacementRequest {
  const plan = newGuest(fleet, { ...submission('new', more), seeded: false });
  if (isRefusal(plan)) assert.fail(plan.message);
  return plan.placement;
}

/** The move of the guest that one-reason-each.fleet is made for, with all that it is picky about. */
function pickyMove(fleet: Fleet): PlacementRequest {
  const mover = fleet.get('guest', 'mover');
  const claim = fleet.get('claim', 'origin/mover');
  assert.ok(mover && claim);
  const traits = { ...PLAIN_TRAITS, machineType: 'pc' };
  return moveRequest(fleet, mover, claim, { traits, refusedBy: new Set() });
}

describe('placement', () => {
  it('rejects each host for the reason it has, and no other', () => {
    const fleet = readFleet('one-reason-each');
    const { hosts } = explain(fleet, pickyMove(fleet));
    for (const { hostname, verdict, codes } of hosts) {
      if (hostname === 'fits') assert.equal(verdict, 'CHOSEN');
      else if (hostname === 'origin') assert.deepEqual(codes, ['EXCLUDED', 'SAME_MACHINE']);
      else if (hostname === 'host-overcommitted') assert.deepEqual(codes, ['HOST_OVERCOMMITTED', 'INSUFFICIENT_IO']);
      else assert.deepEqual(codes, [hostname.toUpperCase().replaceAll('-', '_')]);
    }
  });

  it('has a row for every reason but a full pool in that fleet, and one for that', () => {
    const fleet = readFleet('one-reason-each');
    const seen = new Set<RejectCode>(explain(fleet, pickyMove(fleet)).hosts.flatMap((host) => host.codes));
    const small = parseFleet(`
      host | a | 8 | 8GiB | 100GiB |
      pool | shared | SHARED | a | 5GiB
      image | shared | - | debian | 1GiB
      base | web | vda=debian | |
      guest | old | a | 1 | 1GiB | 2GiB | pool=shared`);
    const [verdict] = explain(small, requestOf(small, { ioKib: kib('4GiB') })).hosts;
    assert.deepEqual(verdict?.codes, ['POOL_FULL']);
    assert.match(verdict.detail, /3145728 KiB left/);
    assert.equal(explain(small, requestOf(small, { ioKib: kib('3GiB') })).hosts[0]?.verdict, 'CHOSEN');
    assert.deepEqual(new Set([...seen, 'POOL_FULL']), new Set(FILTERS.map((filter) => filter.code)));
  });

  it('takes hosts that answered that they cannot run the CPU, and unequal CPUs for a guest that sees its host', () => {
    const fleet = parseFleet('host | a | 4 | 4GiB | 9GiB | cpu=Zen3\nhost | b | 4 | 4GiB | 9GiB | cpu=Zen4');
    const anywhere = needing({ cpu: 1, memoryKib: 1, ioKib: 1 }, 'FIRST_FIT');
    const refusedBy = new Set(['a']);
    assert.equal(survey(fleet, { ...anywhere, cpu: { arch: '', sameAs: '', refusedBy } }).winner, 'b');
    const sameAs = '<cpu>Zen4</cpu>';
    assert.equal(survey(fleet, { ...anywhere, cpu: { arch: '', sameAs, refusedBy: new Set() } }).winner, 'b');
  });

  it('needs more of a host where the guest could retake more than any guest there', () => {
    const fleet = readFleet('shrunk');
    // node1 keeps 6 GiB free already, node2 only 2 GiB.
    const request = { ...needing({ cpu: 1, memoryKib: kib('2GiB'), ioKib: 0 }, 'FIRST_FIT'), retakeKib: kib('5GiB') };
    const required = explain(fleet, request).hosts.map((host) => [host.hostname, host.required.memoryKib]);
    assert.deepEqual(required, [
      ['node1', kib('2GiB')],
      ['node2', kib('5GiB')],
    ]);
  });

  it('chooses by the strategy', () => {
    const fleet = parseFleet(`
      policy | overhead=0+0
      host | a-empty  | 16 | 64GiB | 100GiB |
      host | b-fuller | 16 | 64GiB | 100GiB |
      host | c-memory | 16 | 64GiB | 100GiB |
      guest | x | b-fuller | 8  | 32GiB | 50GiB |
      guest | y | c-memory | 12 | 2GiB  | 50GiB |`);
    const winner = (strategy: Strategy): string =>
      survey(fleet, needing({ cpu: 1, memoryKib: kib('16GiB'), ioKib: 1 }, strategy)).winner;
    assert.equal(winner('FIRST_FIT'), 'a-empty');
    assert.equal(winner('WORST_FIT'), 'a-empty');
    assert.equal(winner('BEST_FIT'), 'b-fuller');
    // The one whose free memory and scarce vCPUs have the guest's own shape.
    assert.equal(winner('VECTOR_DOT'), 'c-memory');
  });

  it('breaks ties by name, whatever the order of registration', () => {
    for (const names of [
      ['b', 'a', 'c'],
      ['c', 'b', 'a'],
      ['a', 'c', 'b'],
    ]) {
      const fleet = parseFleet(names.map((name) => `host | ${name} | 4 | 4GiB | 9GiB |`).join('\n'));
      for (const strategy of STRATEGIES) {
        const { winner, runnerUp } = survey(fleet, needing({ cpu: 1, memoryKib: 1, ioKib: 1 }, strategy));
        assert.deepEqual([winner, runnerUp], ['a', 'b']);
      }
    }
  });

  it('says of an empty fleet that it is empty', () => {
    const placement = place(parseFleet(''), needing({ cpu: 1, memoryKib: 1, ioKib: 1 }, 'BEST_FIT'));
    assert.ok(isRefusal(placement));
    assert.equal(placement.reason, 'NO_HOST_FITS');
    assert.match(placement.message, /there are no hosts/);
  });
});

const requests = fc.record({
  cpu: fc.integer({ min: 1, max: 8 }),
  memoryKib: fc.integer({ min: 1, max: 8 }).map((gib) => gib * kib('1GiB')),
  ioKib: fc.constantFrom(0, kib('2GiB'), kib('40GiB')),
  pool: fc.constantFrom('', 'local', 'shared'),
  strategy: fc.constantFrom(...STRATEGIES),
});

describe('placement, over random fleets', () => {
  const property = (check: (fleet: Fleet, request: PlacementRequest) => void): void =>
    fc.assert(
      fc.property(fleetTexts, requests, (text, more) => {
        const fleet = parseFleet(text);
        check(fleet, requestOf(fleet, more));
      }),
      { numRuns: 200 },
    );

  it('decides what its explanation says', () => {
    property((fleet, request) => {
      const decision = place(fleet, request);
      const { hosts } = explain(fleet, request);
      const fitting = hosts.filter((host) => host.verdict !== 'REJECTED');
      const { winner, runnerUp, hostsConsidered, rejected } = survey(fleet, request);
      assert.equal(hostsConsidered, hosts.length);
      assert.deepEqual([winner, runnerUp], [fitting[0]?.hostname ?? '', fitting[1]?.hostname ?? '']);
      assert.equal(isRefusal(decision), fitting.length === 0);
      assert.deepEqual(
        hosts.filter((host) => host.verdict === 'CHOSEN').map((host) => host.hostname),
        winner === '' ? [] : [winner],
      );
      for (const { code } of FILTERS) {
        assert.equal(rejected[code] ?? 0, hosts.filter((host) => host.codes.includes(code)).length, code);
      }
    });
  });

  it('agrees with what a host says when it is asked alone', () => {
    property((fleet, request) => {
      for (const verdict of explain(fleet, request).hosts) {
        const host = fleet.get('host', verdict.hostname);
        assert.ok(host);
        assert.equal(isRefusal(placeOn(fleet, request, host)), verdict.verdict === 'REJECTED');
      }
    });
  });

  it('never takes a host beyond what it has, nor one that is over already', () => {
    property((fleet, request) => {
      for (const { verdict, required, available, shortfall } of explain(fleet, request).hosts) {
        if (verdict === 'REJECTED') continue;
        for (const name of RESOURCE_NAMES) {
          assert.ok(available[name] >= 0 && required[name] <= available[name], name);
          assert.equal(shortfall[name], 0);
        }
      }
    });
  });

  it('ranks by score, then by name', () => {
    property((fleet, request) => {
      const fitting = explain(fleet, request).hosts.filter((host) => host.verdict !== 'REJECTED');
      fitting.slice(1).forEach((host, index) => {
        const before = fitting[index];
        assert.ok(before?.score !== undefined && host.score !== undefined);
        assert.ok(before.score > host.score || (before.score === host.score && before.hostname < host.hostname));
      });
    });
  });

  it('explains a refusal host by host', () => {
    property((fleet, request) => {
      const decision = place(fleet, request);
      if (!isRefusal(decision)) return;
      assert.equal(decision.reason, 'NO_HOST_FITS');
      assert.equal(decision.explanation?.hosts.length, fleet.count('host'));
      for (const host of decision.explanation.hosts) assert.ok(host.codes.length > 0 && host.detail.length > 0);
    });
  });
});
