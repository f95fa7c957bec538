import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type DeclaredNode, parseNodeInfo } from '../../src/xml/node-info.js';
import { escapeText, isXmlText } from '../../src/xml/serialize.js';
import { toKib } from '../../src/xml/units.js';
import { BOUNDS } from './bounds.js';

const NODE1 = `<node>
  <hostname>node1</hostname><ipv4address>10.1.1.1</ipv4address>
  <max_capacity><cpu_core>16</cpu_core><memory unit="GiB">64</memory><io unit="TB">2</io></max_capacity>
  <available_capacity><cpu_core>14</cpu_core><memory unit="GiB">60</memory><io unit="TB">1</io></available_capacity>
</node>`;

function file(...nodes: readonly string[]): string {
  return `<?xml version="1.0"?><node_info><nodes>${nodes.join('')}</nodes></node_info>`;
}

function fields(source: string): string[] {
  const parsed = parseNodeInfo(source, BOUNDS);
  return parsed.ok ? [] : parsed.violations.map((violation) => violation.field);
}

describe('xml/node-info', () => {
  it('reads the nodes in order, in KiB', () => {
    const node2 = `<node><ipv4address>10.1.1.2</ipv4address><hostname> node2 </hostname>
      <max_capacity><cpu_core>2</cpu_core><memory>1048576</memory><io>0</io></max_capacity></node>`;
    const parsed = parseNodeInfo(file(NODE1, node2), BOUNDS);
    assert.ok(parsed.ok);
    const capacity2 = { cpu: 2, memoryKib: 1_048_576, ioKib: 0 };
    const expected: DeclaredNode[] = [
      {
        hostname: 'node1',
        ipAddress: '10.1.1.1',
        maxCapacity: { cpu: 16, memoryKib: 64 * 1024 * 1024, ioKib: 1_953_125_000 },
        availableCapacity: { cpu: 14, memoryKib: 60 * 1024 * 1024, ioKib: 976_562_500 },
      },
      { hostname: 'node2', ipAddress: '10.1.1.2', maxCapacity: capacity2, availableCapacity: capacity2 },
    ];
    assert.deepEqual(parsed.value, expected);
  });

  it('takes cores that say what they are counted in', () => {
    assert.deepEqual(fields(file(NODE1.replace('<cpu_core>16', '<cpu_core unit="cores">16'))), []);
  });

  it('lists every problem with its path', () => {
    const bad = `<node><hostname>12</hostname><hostname>x</hostname><ipv4address>10.1.1.300</ipv4address>
      <max_capacity><cpu_core unit="KiB">-1</cpu_core><memory unit="parsec">1</memory><io>1.5</io></max_capacity>
      <available_capacity><cpu_core>1</cpu_core><memory>0x10</memory></available_capacity></node>`;
    assert.deepEqual(fields(file(NODE1, bad)), [
      '/node_info/nodes/node[2]/hostname',
      '/node_info/nodes/node[2]/hostname',
      '/node_info/nodes/node[2]/ipv4address',
      '/node_info/nodes/node[2]/max_capacity/cpu_core/@unit',
      '/node_info/nodes/node[2]/max_capacity/cpu_core',
      '/node_info/nodes/node[2]/max_capacity/memory/@unit',
      '/node_info/nodes/node[2]/max_capacity/io',
      '/node_info/nodes/node[2]/available_capacity/memory',
      '/node_info/nodes/node[2]/available_capacity/io',
      '/node_info/nodes/node[2]/available_capacity/cpu_core',
    ]);
  });

  const one: readonly [string, string, string][] = [
    ['the same name twice', file(NODE1, NODE1.replace('10.1.1.1', '10.1.1.2')), '/node_info/nodes/node[2]/hostname'],
    ['the same address twice', file(NODE1, NODE1.replace('node1', 'node2')), '/node_info/nodes/node[2]/ipv4address'],
    [
      'more available than there is',
      file(NODE1.replace('>14<', '>17<')),
      '/node_info/nodes/node[1]/available_capacity/cpu_core',
    ],
    ['2^53+1', file(NODE1.replace('>16<', '>9007199254740993<')), '/node_info/nodes/node[1]/max_capacity/cpu_core'],
    ['a query in a name', file(NODE1.replace('>node1<', '>h1/system?command=x<')), '/node_info/nodes/node[1]/hostname'],
    ['an option as a name', file(NODE1.replace('>node1<', '>-oProxyCommand<')), '/node_info/nodes/node[1]/hostname'],
    ['another element among nodes', file('<host/>'), '/node_info/nodes/node[1]'],
    ['another root', '<nodes/>', '/'],
    ['no nodes element', '<node_info/>', '/node_info'],
    ['a document type', `<!DOCTYPE node_info>${file(NODE1)}`, '/'],
  ];
  for (const [what, source, field] of one) {
    it(`refuses ${what}`, () => assert.equal(fields(source)[0], field));
  }

  it('knows a text that is too large from one that is wrong', () => {
    const parsed = parseNodeInfo(' '.repeat(10 * 1024 * 1024), BOUNDS);
    assert.ok(!parsed.ok && parsed.tooLarge);
  });

  it('takes no amount that is not exact', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'KiB', 'MiB', 'k', 'b', 'EiB'), (amount, unit) => {
        const kib = toKib(amount, unit, 'DOWN');
        assert.ok(kib === undefined || (/^\d+$/.test(amount) && Number.isSafeInteger(kib)));
      }),
    );
  });

  it('takes no name but a host name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }).filter(isXmlText), (name) => {
        const parsed = parseNodeInfo(file(NODE1.replace('node1', () => escapeText(name))), BOUNDS);
        assert.ok(!parsed.ok || /^[a-z0-9.-]+$/.test(parsed.value[0]?.hostname ?? ''));
      }),
    );
  });
});
