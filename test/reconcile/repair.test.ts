// The audit with repair: what no look mends by itself is mended when an operator asks, and nothing beyond that.

import assert from 'node:assert/strict';
import type { AuditResponse } from '#gen/virtdc/v1/operations_service.js';
import { repairHost } from '../../src/commands/repair-host.js';
import { put, remove } from '../../src/fleet/change.js';
import { claimKey } from '../../src/fleet/claim.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import type { GuestDefinition } from '../../src/ports/hypervisor.js';
import { auditHost } from '../../src/queries/audit.js';
import { accepted } from '../commands/decide.js';
import { eventually } from '../eventually.js';
import { parseFleet } from '../fleets/parse.js';
import { BASE_XML, World } from '../rpc/service.js';

const TEXT = `
  policy | overhead=0+0
  host | a | 8 | 16GiB | 100GiB |
  host | b | 8 | 16GiB | 100GiB |
  guest | g | a | 2/2 | 2GiB/2GiB | 4GiB | uuid=g plugged=2 balloon=2GiB`;

describe('the repair of a host', () => {
  const NONE: ReadonlySet<string> = new Set();
  const kinds = (fleet: Fleet, hostname: string): string[] => {
    const host = fleet.get('host', hostname);
    assert.ok(host);
    return auditHost(fleet, host, []).findings.map(({ kind }) => kind);
  };

  it('releases what nobody holds, and claims what a guest holds', () => {
    const fleet = parseFleet(TEXT);
    const claim = fleet.get('claim', claimKey('a', 'g'));
    assert.ok(claim);
    fleet.apply(remove('claim', claimKey('a', 'g'), 'RELEASED'));
    fleet.apply(put('claim', { ...claim, hostname: 'b' }));
    fleet.apply(put('claim', { ...claim, hostname: 'b', vmid: 'nobody', kind: 'INCOMING' }));
    assert.deepEqual(kinds(fleet, 'a'), ['DOMAIN_MISSING', 'CLAIM_MISSING']);
    assert.deepEqual(kinds(fleet, 'b'), ['CLAIM_ORPHANED', 'CLAIM_ORPHANED']);
    for (const hostname of ['a', 'b']) accepted(fleet, repairHost({ hostname, copies: NONE }));
    assert.deepEqual(kinds(fleet, 'a'), ['DOMAIN_MISSING']);
    assert.deepEqual(kinds(fleet, 'b'), []);
    assert.deepEqual(fleet.get('claim', claimKey('a', 'g'))?.resources, claim.resources);
  });

  it('leaves a guest that an operation holds to it', () => {
    const fleet = parseFleet(TEXT);
    const guest = fleet.get('guest', 'g');
    const claim = fleet.get('claim', claimKey('a', 'g'));
    assert.ok(guest && claim);
    fleet.apply(put('guest', { ...guest, operation: 'o' }));
    fleet.apply(put('claim', { ...claim, hostname: 'b', kind: 'INCOMING' }));
    accepted(fleet, repairHost({ hostname: 'b', copies: new Set(['g']) }));
    assert.ok(fleet.get('claim', claimKey('b', 'g')));
    assert.deepEqual(fleet.get('host', 'b')?.leftBehind, []);
  });
});

describe('an audit with repair', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.ready(['node1', 'node2']);
  });
  afterEach(() => world.end());

  async function audit(hostname: string, repair: boolean): Promise<AuditResponse> {
    for await (const host of world.client.operations.audit({ hostnames: [hostname], repair })) return host;
    throw new Error(`no answer for ${hostname}`);
  }

  /** As a process of virtdc that had lost the lead, and its fence, would. */
  async function createAsVirtdc(hostname: string, definition: GuestDefinition): Promise<void> {
    const uri = `sim://${hostname}`;
    const driver = world.datacenter.hypervisor('deposed').host({ hostname, uri, migrationUri: uri });
    await driver.create(definition, false);
    await driver.close();
  }

  it('ends a copy of a guest that runs where it belongs, and touches nothing that is not virtdc’s', async () => {
    const guest = await world.submit('one');
    const other = guest.hostname === 'node1' ? 'node2' : 'node1';
    const copy = (uuid: string, vmid: string) => ({
      templateXml: BASE_XML,
      uuid,
      domainName: vmid === '' ? 'foreign' : guest.domainName,
      currentCpu: 1,
      maxCpu: 1,
      currentMemoryKib: 1_048_576,
      maxMemoryKib: 1_048_576,
      disks: [],
      nics: [],
      cpuBaselineXml: '',
      mark: { vmid, operation: '', epoch: 0 },
    });
    const foreign = '00000000-0000-4000-8000-0000000000aa';
    await createAsVirtdc(other, copy(guest.uuid, 'one'));
    await world.faults.createByHand(other, copy(foreign, ''));

    const looked = await audit(other, false);
    const found = looked.findings.map(({ kind, repaired }) => [kind, repaired]);
    assert.ok(
      found.some(([kind]) => kind === 'AUDIT_FINDING_KIND_WRONG_HOST'),
      JSON.stringify(found),
    );
    assert.deepEqual([...world.runsOn(guest.uuid)].sort(), ['node1', 'node2'], 'a look changes nothing');

    const { findings } = await audit(other, true);
    const wrong = findings.find(({ kind }) => kind === 'AUDIT_FINDING_KIND_WRONG_HOST');
    assert.equal(wrong?.repaired, true);
    assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
    assert.deepEqual(world.runsOn(foreign), [other]);
    const host = await world.host(other);
    assert.deepEqual([host.condition, host.leftBehind], ['HOST_CONDITION_READY', []]);
    // Written a moment later: there is no decision that it would be committed with. The look before it has no record.
    const records = await eventually('the repair is in the audit log', async () => {
      const log = await world.client.operations.listAuditRecords({ filter: { methods: ['Audit'] } });
      return log.records.length > 0 && log.records;
    });
    assert.deepEqual(
      records.map(({ decision }) => decision),
      ['AUDIT_DECISION_ACCEPTED'],
    );
  });
});
