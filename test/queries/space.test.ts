// CheckSpace, ExplainPlacement and CheckMigration say what the commands would do.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { STRATEGIES } from '../../src/fleet/explanation.js';
import { isRefusal, type Refusal } from '../../src/fleet/refusal.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { type CheckMigrationRequest, checkMigration } from '../../src/queries/check-migration.js';
import { checkSpace, explainGuest, explainShape } from '../../src/queries/space.js';
import { PLAIN_MOVE, testContext } from '../commands/decide.js';
import { migration, submission } from '../commands/requests.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { fleetTexts } from '../fleets/random.js';

function answer<T extends object>(value: T | Refusal): T {
  if (isRefusal(value)) assert.fail(value.message);
  return value;
}

const shape = (more: Parameters<typeof submission>[1] = {}) => ({ ...submission('', more), seeded: false });

function checking(vmid: string, more: Partial<CheckMigrationRequest> = {}): CheckMigrationRequest {
  return { vmid, destHost: '', policy: {}, facts: PLAIN_MOVE, dirtyMibPerS: undefined, copiedKib: undefined, ...more };
}

describe('CheckSpace and ExplainPlacement', () => {
  it('say what SubmitGuest would do, over random fleets', () => {
    fc.assert(
      fc.property(fleetTexts, fc.integer({ min: 1, max: 8 }), fc.constantFrom(...STRATEGIES), (text, cpu, strategy) => {
        const fleet = parseFleet(text);
        const wish = { cpu, strategy };
        const decision = submitGuest(submission('new', wish)).decide(fleet, testContext());
        const { winner } = answer(checkSpace(fleet, shape(wish)));
        const { hosts } = answer(explainShape(fleet, shape(wish)));
        assert.equal(winner, decision.accepted ? decision.result.guest.hostname : '');
        assert.equal(hosts.find((host) => host.verdict === 'CHOSEN')?.hostname ?? '', winner);
      }),
    );
  });

  it('look at resources alone where no base guest is named', () => {
    const fleet = parseFleet('host | a | 4 | 8GiB | 100GiB |\nbase | web | vda= | NETWORK:none |');
    assert.equal(answer(checkSpace(fleet, shape({ baseGuest: '', cpu: 4 }))).winner, 'a');
    assert.equal(answer(checkSpace(fleet, shape({ baseGuest: '', cpu: 5 }))).winner, '');
    assert.ok(isRefusal(checkSpace(fleet, shape({ cpu: 4 }))));
    assert.ok(isRefusal(checkSpace(fleet, shape({ baseGuest: 'none' }))));
  });

  it('explain a guest that exists as if it were to move', () => {
    const fleet = readFleet('three-nodes');
    const { hosts } = answer(explainGuest(fleet, 'small', PLAIN_MOVE, 'WORST_FIT'));
    assert.deepEqual(hosts.find((host) => host.hostname === 'node1')?.codes[0], 'EXCLUDED');
    assert.equal(hosts[0]?.verdict, 'CHOSEN');
    assert.ok(isRefusal(explainGuest(fleet, 'nobody', PLAIN_MOVE, undefined)));
  });
});

describe('CheckMigration', () => {
  it('fails a check exactly where MigrateGuest would be refused', () => {
    const hosts = fc.constantFrom('a', 'b', 'c', 'd');
    const facts = fc.constantFrom(PLAIN_MOVE, {
      ...PLAIN_MOVE,
      traits: { ...PLAIN_TRAITS, tpm: 'PASSTHROUGH' as const },
    });
    fc.assert(
      fc.property(fleetTexts, fc.nat({ max: 15 }), hosts, facts, (text, number, destHost, traits) => {
        const fleet = parseFleet(text);
        const vmid = `vm${number}`;
        const outlook = checkMigration(fleet, checking(vmid, { destHost, facts: traits }));
        const decision = migrateGuest(migration(vmid, { destHost, facts: traits })).decide(fleet, testContext());
        const goes = !isRefusal(outlook) && outlook.checks.every((check) => check.verdict !== 'FAIL');
        assert.equal(goes, decision.accepted);
      }),
      { numRuns: 300 },
    );
  });

  it('shows each kind of check once, with the target that would be chosen', () => {
    const { sourceHost, destHost, checks, decision, arrivesPaused } = answer(
      checkMigration(readFleet('three-nodes'), checking('small')),
    );
    assert.deepEqual([sourceHost, destHost], ['node1', decision?.winner]);
    assert.deepEqual(
      new Set(checks.map((check) => check.kind)),
      new Set([
        'GUEST_STATE',
        'HOST_STATE',
        'HOST_DEVICES',
        'TPM',
        'NVRAM',
        'STORAGE',
        'SPACE',
        'CPU_MODEL',
        'MACHINE_TYPE',
        'NETWORK',
        'CONVERGENCE',
      ]),
    );
    assert.equal(new Set(checks.map((check) => check.kind)).size, checks.length);
    assert.equal(arrivesPaused, true);
  });

  it('forecasts from what was seen of the guest and measured of it', () => {
    const fleet = readFleet('shrunk');
    const { forecast, checks } = answer(
      checkMigration(fleet, checking('b', { dirtyMibPerS: 1, policy: { bandwidthMibPerS: 512 } })),
    );
    assert.equal(forecast.bytesTotal, kib('2GiB') * 1024);
    assert.equal(forecast.converges, 'YES');
    assert.ok(forecast.totalMs !== undefined && forecast.totalMs > 4_000 && forecast.totalMs < 4_500);
    assert.equal(checks.find((check) => check.kind === 'CONVERGENCE')?.verdict, 'PASS');
  });

  it('refuses where no target fits, and what is not there', () => {
    const fleet = parseFleet('host | a | 4 | 8GiB | 100GiB |\nguest | g | a | 1 | 1GiB | 1GiB |');
    const reason = (request: CheckMigrationRequest) => {
      const refused = checkMigration(fleet, request);
      return isRefusal(refused) ? refused.reason : '';
    };
    assert.equal(reason(checking('g')), 'NO_HOST_FITS');
    assert.equal(reason(checking('nobody')), 'GUEST_NOT_FOUND');
    assert.equal(reason(checking('g', { destHost: 'nowhere' })), 'HOST_NOT_FOUND');
    assert.equal(reason(checking('g', { policy: { stallTimeoutS: -1 } })), 'INVALID_FIELDS');
  });
});
