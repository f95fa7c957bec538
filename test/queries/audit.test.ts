// The audit: claims against domains, each disagreement by name, and silence where nothing is known.

import assert from 'node:assert/strict';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import type { ObservedDomain } from '../../src/ports/hypervisor.js';
import { type AuditFindingKind, auditHost } from '../../src/queries/audit.js';
import { accepted } from '../commands/decide.js';
import { migration } from '../commands/requests.js';
import { kib, parseFleet } from '../fleets/parse.js';

const TEXT = `
  policy | overhead=0+0
  host | a | 8 | 16GiB | 100GiB |
  host | b | 8 | 16GiB | 100GiB |
  guest | g | a | 2/4 | 2GiB/4GiB | 4GiB | uuid=g plugged=2 balloon=2GiB`;

function domain(more: Partial<ObservedDomain> = {}): ObservedDomain {
  return {
    uuid: 'g',
    domainName: 'g',
    state: 'RUNNING',
    stateReason: 'OTHER',
    persistent: false,
    currentCpu: 2,
    maxCpu: 4,
    balloonKib: kib('2GiB'),
    maxMemoryKib: kib('4GiB'),
    migratingOut: false,
    ...more,
  };
}

function found(domains: readonly ObservedDomain[], hostname = 'a', text = TEXT): AuditFindingKind[] {
  const fleet = parseFleet(text);
  const host = fleet.get('host', hostname);
  assert.ok(host);
  return auditHost(fleet, host, domains).findings.map((finding) => finding.kind);
}

describe('the audit', () => {
  it('finds nothing where everything agrees', () => {
    const fleet = parseFleet(TEXT);
    const host = fleet.get('host', 'a');
    assert.ok(host);
    const audit = auditHost(fleet, host, [domain()]);
    assert.deepEqual(audit.findings, []);
    assert.deepEqual(audit.observed, { cpu: 2, memoryKib: kib('2GiB'), ioKib: kib('4GiB') });
    assert.deepEqual(audit.claimed, { cpu: 2, memoryKib: kib('4GiB'), ioKib: kib('4GiB') });
  });

  it('finds claims that are too small or too large', () => {
    assert.deepEqual(found([domain({ currentCpu: 3 })]), ['CLAIM_SHORT']);
    assert.deepEqual(found([domain({ balloonKib: kib('3GiB') })]), ['CLAIM_SHORT']);
    assert.deepEqual(found([domain({ maxMemoryKib: kib('5GiB') })]), ['CLAIM_SHORT']);
    assert.deepEqual(found([domain()], 'a', TEXT.replace('plugged=2', 'plugged=3')), ['CLAIM_EXCESS']);
    assert.deepEqual(found([domain({ balloonKib: kib('2GiB') })], 'a', TEXT.replace('balloon=2GiB', 'balloon=3GiB')), [
      'CLAIM_EXCESS',
    ]);
  });

  it('concludes nothing from what libvirt did not say', () => {
    const silent = { currentCpu: undefined, maxCpu: undefined, balloonKib: undefined, maxMemoryKib: undefined };
    assert.deepEqual(found([domain(silent)]), []);
  });

  it('finds guests that are missing, in another state, elsewhere, or not ours', () => {
    assert.deepEqual(found([]), ['DOMAIN_MISSING']);
    assert.deepEqual(found([], 'a', TEXT.replace('uuid=g', 'STOPPED uuid=g')), []);
    assert.deepEqual(found([domain({ state: 'PAUSED' })]), ['STATE_DIFFERS']);
    assert.deepEqual(found([domain({ state: 'SHUTOFF' })]), ['STATE_DIFFERS']);
    assert.deepEqual(found([domain()], 'b'), ['WRONG_HOST']);
    assert.deepEqual(found([domain(), domain({ uuid: 'other' })]), ['FOREIGN_DOMAIN']);
    assert.deepEqual(found([domain(), domain({ uuid: 'other', state: 'SHUTOFF' })]), []);
  });

  it('takes a guest that arrives for what it is, and names its operation where it tells of it', () => {
    const fleet = parseFleet(TEXT);
    const { operation } = accepted(fleet, migrateGuest(migration('g', { destHost: 'b' })));
    const [a, b] = [fleet.get('host', 'a'), fleet.get('host', 'b')];
    assert.ok(a && b);
    assert.deepEqual(auditHost(fleet, b, [domain({ state: 'PAUSED' })]).findings, []);
    assert.deepEqual(
      auditHost(fleet, a, []).findings.map((one) => [one.kind, one.operation]),
      [['DOMAIN_MISSING', operation.name]],
    );
  });

  it('finds hosts that are over, and says nothing of those that do not answer', () => {
    const text = `${TEXT}\n  guest | h | a | 8 | 1GiB | 4GiB | uuid=h STOPPED`;
    assert.deepEqual(found([domain()], 'a', text), ['HOST_OVERCOMMITTED']);
    const fleet = parseFleet(text);
    const host = fleet.get('host', 'a');
    assert.ok(host);
    const { reached, observed, findings } = auditHost(fleet, host, undefined);
    assert.deepEqual([reached, observed, findings], [false, undefined, []]);
  });
});
