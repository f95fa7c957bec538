// ImportNodeInfo: the diff, and that it is the truth; again changes nothing; nothing is pruned that is in use.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ImportedNode, importNodeInfo } from '../../src/commands/import-node-info.js';
import { Fleet } from '../../src/fleet/fleet.js';
import { isRefusal } from '../../src/fleet/refusal.js';
import { kib, parseFleet, readFleet } from '../fleets/parse.js';
import { accepted, refused, set } from './decide.js';
import { node } from './requests.js';

const uriTemplate = 'qemu+tls://{address}/system';

const importing = (nodes: readonly ImportedNode[], prune = false) => importNodeInfo({ nodes, prune, uriTemplate });

describe('ImportNodeInfo', () => {
  it('adds hosts, with what is not available as their reserve', () => {
    const fleet = new Fleet();
    const { diff } = accepted(fleet, importing([node('node1', '8 16GiB 500GiB', '7 15GiB 500GiB')]));
    const host = fleet.get('host', 'node1');
    assert.deepEqual(host?.capacity, { cpu: 8, memoryKib: kib('16GiB'), ioKib: kib('500GiB') });
    assert.deepEqual(host?.reserve, { cpu: 1, memoryKib: kib('1GiB'), ioKib: 0 });
    assert.deepEqual([host?.uri, host?.condition], ['qemu+tls://10.0.0.1/system', 'UNREACHABLE']);
    assert.deepEqual([diff[0]?.change, diff[0]?.reserve], ['ADDED', host?.reserve]);
    const fields = diff[0]?.fields.map(({ field, before, after }) => `${field}: ${before} -> ${after}`);
    assert.ok(fields?.includes('max_cpu:  -> 8') && fields.includes('reserve.cpu:  -> 1'));
  });

  it('changes nothing when it is done again, whatever it was', () => {
    const amounts = fc.record({ cpu: fc.nat(64), memoryKib: fc.nat(2 ** 30), ioKib: fc.nat(2 ** 30) });
    const nodes = fc.uniqueArray(
      fc.record({
        hostname: fc.constantFrom('node1', 'node2', 'node3', 'node4'),
        ipAddress: fc.ipV4(),
        maxCapacity: amounts,
        availableCapacity: fc.constant({ cpu: 0, memoryKib: 0, ioKib: 0 }),
      }),
      { selector: (one) => one.hostname },
    );
    fc.assert(
      fc.property(nodes, fc.boolean(), (list, prune) => {
        const fleet = readFleet('three-nodes');
        accepted(fleet, importing(list, prune));
        const revision = fleet.revision;
        const { diff } = accepted(fleet, importing(list, prune));
        assert.equal(fleet.revision, revision);
        assert.ok(diff.every((one) => one.change === 'UNCHANGED' || one.change === 'ABSENT'));
      }),
    );
  });

  it('sets what the list declares, and leaves what an operator set', () => {
    const fleet = new Fleet();
    accepted(fleet, importing([node('node1', '8 16GiB 500GiB', '7 16GiB 500GiB')]));
    const host = fleet.get('host', 'node1');
    assert.ok(host);
    set(fleet, 'host', { ...host, uri: 'qemu+ssh://root@node1/system', ratios: { cpu: 4, memoryKib: 1, ioKib: 1 } });
    const moved = { ...node('node1', '16 16GiB 500GiB', '8 16GiB 500GiB'), ipAddress: '10.0.0.9' };
    const { diff } = accepted(fleet, importing([moved]));
    assert.deepEqual(diff[0]?.fields, [
      { field: 'ip_address', before: '10.0.0.1', after: '10.0.0.9' },
      { field: 'migration_uri', before: 'qemu+tls://10.0.0.1/system', after: 'qemu+tls://10.0.0.9/system' },
      { field: 'max_cpu', before: '8', after: '16' },
    ]);
    const after = fleet.get('host', 'node1');
    assert.deepEqual([after?.uri, after?.ratios.cpu, after?.reserve.cpu], ['qemu+ssh://root@node1/system', 4, 1]);
  });

  it('takes less than is claimed at its word, and says by how much the host is over', () => {
    const fleet = readFleet('three-nodes');
    const { diff } = accepted(fleet, importing([node('node3', '4 16GiB 500GiB')]));
    assert.deepEqual(diff[0]?.over, { cpu: 5, memoryKib: kib('16GiB'), ioKib: 0 });
    const host = fleet.get('host', 'node3');
    assert.ok(host);
    assert.equal(fleet.available(host).cpu, -5);
  });

  it('names absent hosts, and removes them only if asked to and nothing depends on them', () => {
    const fleet = readFleet('three-nodes');
    const list = [node('node4', '8 16GiB 500GiB')];
    const changes = (prune: boolean) =>
      accepted(fleet, importing(list, prune)).diff.map((one) => `${one.hostname} ${one.change}`);
    assert.deepEqual(changes(false), ['node4 ADDED', 'node1 ABSENT', 'node2 ABSENT', 'node3 ABSENT']);
    const { diff } = accepted(fleet, importing(list, true));
    assert.deepEqual(
      diff.map((one) => `${one.hostname} ${one.change}`),
      ['node4 UNCHANGED', 'node1 ABSENT', 'node2 REMOVED', 'node3 ABSENT'],
    );
    assert.equal(diff[1]?.keptBy?.reason, 'HOST_HAS_GUESTS');
    assert.equal(fleet.get('host', 'node2'), undefined);
    assert.deepEqual(fleet.get('pool', 'shared')?.hosts, ['node1', 'node3']);
  });

  it('removes several hosts of one pool at once', () => {
    const fleet = parseFleet(`
      host | a | 1 | 1GiB | 1GiB |
      host | b | 1 | 1GiB | 1GiB |
      host | c | 1 | 1GiB | 1GiB |
      pool | local | LOCAL | a b c |
      image | local | a | debian | 1GiB
      foreign | b | 11111111-2222-4333-8444-555555555555 | 1 | 1GiB`);
    accepted(fleet, importing([node('c', '1 1GiB 1GiB')], true));
    assert.deepEqual(fleet.get('pool', 'local')?.hosts, ['c']);
    assert.equal(fleet.count('image') + fleet.count('claim'), 0);
  });

  it('lists every inconsistency, and imports none of it', () => {
    const fleet = new Fleet();
    const nodes = [
      node('node1', '4 8GiB 1GiB', '5 8GiB 1GiB'),
      node('node1', '4 8GiB 1GiB'),
      { ...node('node2', '4 8GiB 1GiB'), maxCapacity: { cpu: -1, memoryKib: 2 ** 53, ioKib: Number.NaN } },
    ];
    const decision = importing(nodes).decide(fleet, { newOperationName: String } as never);
    assert.ok(!decision.accepted && isRefusal(decision.refusal));
    const fields = decision.refusal.violations.map((violation) => violation.field);
    assert.ok(fields.includes('nodes[0].available_capacity') && fields.includes('nodes[1].hostname'));
    assert.ok(fields.includes('nodes[2].max_capacity.cpu') && fields.includes('nodes[2].max_capacity.memory_kib'));
    const many = Array.from({ length: 10_001 }, (_, i) => node(`node${i}`, '1 1GiB 1GiB'));
    refused(fleet, importing(many), 'INVALID_FIELDS');
    assert.equal(fleet.count('host'), 0);
  });
});
