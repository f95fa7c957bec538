import assert from 'node:assert/strict';
import { domainFacts, domainTypeOf, traitsOf } from '../../src/xml/domain-facts.js';
import { MARK_NAMESPACE, parseMark } from '../../src/xml/domain-mark.js';
import { LIVE_GUEST } from './domains.js';

function withDevice(device: string): string {
  return LIVE_GUEST.replace('</devices>', () => `${device}</devices>`);
}

describe('xml/domain-facts', () => {
  it('tells what an adoption needs', () => {
    const { cpuXml, ...facts } = domainFacts(LIVE_GUEST);
    assert.deepEqual(facts, {
      uuid: '3f2b1c0e-1111-4222-8333-944455556666',
      domainName: 'web',
      domainType: 'qemu',
      arch: 'x86_64',
      machineType: 'pc-i440fx-7.2',
      currentCpu: 1,
      maxCpu: 2,
      currentMemoryKib: 131_072,
      maxMemoryKib: 262_144,
      disks: [
        {
          target: 'vda',
          device: 'disk',
          path: '/var/lib/libvirt/images/web.qcow2',
          format: 'qcow2',
          backingPath: '/var/lib/libvirt/images/base.qcow2',
          readonly: false,
          hasSource: true,
        },
        {
          target: 'vdb',
          device: 'disk',
          path: '/var/lib/libvirt/images/web-seed',
          format: 'raw',
          backingPath: '',
          readonly: true,
          hasSource: true,
        },
      ],
      nics: [{ kind: 'NETWORK', source: 'default', mac: '52:54:00:aa:bb:cc' }],
      otherNicTypes: [],
      cpuMode: 'custom',
      hostDevices: [],
      tpm: 'NONE',
      nvramPath: '',
      mark: { vmid: 'web', operation: 'op-0', epoch: 1 },
    });
    assert.ok(cpuXml.startsWith("<cpu mode='custom'"));
    assert.equal(domainTypeOf(LIVE_GUEST), 'qemu');
  });

  it('tells what ties a guest to its host', () => {
    const tied = withDevice(
      `<hostdev mode='subsystem' type='pci'/><filesystem type='mount'/>
       <tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>
       <interface type='direct'><source dev='eth0'/></interface>`,
    ).replace('</os>', '<nvram>/var/lib/libvirt/qemu/nvram/web.fd</nvram></os>');
    const facts = domainFacts(tied);
    assert.deepEqual(facts.otherNicTypes, ['direct']);
    assert.deepEqual(traitsOf(facts), {
      hostDevices: ['hostdev', 'filesystem'],
      tpm: 'PASSTHROUGH',
      nvram: true,
      cpuMode: 'custom',
      machineType: 'pc-i440fx-7.2',
      arch: 'x86_64',
    });
    assert.equal(domainFacts(withDevice("<tpm><backend type='emulator'/></tpm>")).tpm, 'EMULATED');
  });

  it('reads sizes in any unit, and vCPUs that are all there', () => {
    const sized = LIVE_GUEST.replace(/<memory .*?<\/memory>/, "<memory unit='GiB'>1</memory>")
      .replace(/<currentMemory .*?<\/currentMemory>/, '')
      .replace(/<vcpu .*?<\/vcpu>/, '<vcpu>3</vcpu>');
    const { currentCpu, maxCpu, currentMemoryKib, maxMemoryKib } = domainFacts(sized);
    assert.deepEqual([currentCpu, maxCpu, currentMemoryKib, maxMemoryKib], [3, 3, 1_048_576, 1_048_576]);
  });

  it('reads a mark, and takes half of one for none', () => {
    const mark = (attributes: string) => parseMark(`<v:guest xmlns:v='${MARK_NAMESPACE}' ${attributes}/>`);
    assert.deepEqual(mark("vmid='g1' operation='op-1' epoch='4'"), { vmid: 'g1', operation: 'op-1', epoch: 4 });
    assert.equal(mark("operation='op-1' epoch='4'"), undefined);
    assert.equal(mark("vmid='g1' operation='op-1' epoch='x'"), undefined);
    assert.equal(mark("vmid='g1' operation='op-1'"), undefined);
    assert.equal(parseMark(''), undefined);
  });
});
