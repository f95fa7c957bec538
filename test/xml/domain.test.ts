import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { GuestDisk } from '../../src/fleet/guest.js';
import type { GuestDefinition } from '../../src/fleet/guest-definition.js';
import { parseBaseGuest } from '../../src/xml/base-guest.js';
import { renderDomain, retargetDomain } from '../../src/xml/domain.js';
import { readMark } from '../../src/xml/domain-mark.js';
import { parseLibvirtXml } from '../../src/xml/parse.js';
import { isXmlText, serialize } from '../../src/xml/serialize.js';
import { attribute, child, childrenNamed, textOf, type XmlElement } from '../../src/xml/tree.js';
import { BOUNDS } from './bounds.js';
import { BASE_GUEST, LIVE_GUEST } from './domains.js';

const BASELINE =
  "<cpu mode='custom' match='exact'><model fallback='forbid'>Nehalem</model><feature policy='require' name='aes'/></cpu>";

function disk(target: string, more: Partial<GuestDisk> = {}): GuestDisk {
  const volume = `g1-${target}.qcow2`;
  return {
    target,
    pool: 'default',
    volume,
    path: `/pool/${volume}`,
    format: 'qcow2',
    baseImage: '',
    capacityKib: 1024,
    role: 'DISK',
    madeByVirtdc: true,
    ...more,
  };
}

function template(): string {
  const parsed = parseBaseGuest(BASE_GUEST, BOUNDS);
  assert.ok(parsed.ok);
  return parsed.value.templateXml;
}

function definition(more: Partial<GuestDefinition> = {}): GuestDefinition {
  return {
    templateXml: template(),
    uuid: '0f1b1c0e-1111-4222-8333-944455556666',
    domainName: 'g1',
    currentCpu: 1,
    maxCpu: 4,
    currentMemoryKib: 131_072,
    maxMemoryKib: 262_144,
    disks: [disk('vda'), disk('vdb'), disk('vdc', { role: 'SEED', format: 'raw' })],
    nics: [{ kind: 'NETWORK', source: 'lan', mac: '52:54:00:00:00:aa' }],
    cpuBaselineXml: BASELINE,
    mark: { vmid: 'g1', operation: 'op-1', epoch: 3 },
    ...more,
  };
}

function render(more: Partial<GuestDefinition> = {}): XmlElement {
  return parseLibvirtXml(renderDomain(definition(more)));
}

function devices(domain: XmlElement, name: string): XmlElement[] {
  const found = child(domain, 'devices');
  assert.ok(found);
  return childrenNamed(found, name);
}

describe('xml/domain', () => {
  it('sets what is the guest’s own', () => {
    const domain = render();
    assert.equal(textOf(child(domain, 'name')), 'g1');
    assert.equal(textOf(child(domain, 'uuid')), '0f1b1c0e-1111-4222-8333-944455556666');
    assert.equal(textOf(child(domain, 'memory')), '262144');
    assert.equal(textOf(child(domain, 'currentMemory')), '131072');
    assert.equal(textOf(child(domain, 'vcpu')), '4');
    assert.equal(attribute(child(domain, 'vcpu'), 'current'), '1');
    assert.equal(textOf(child(domain, 'os', 'cmdline')), 'console=ttyS0 name=g1');
    assert.deepEqual(readMark(domain), { vmid: 'g1', operation: 'op-1', epoch: 3 });
  });

  it('points the disks of the template at the guest’s volumes and adds the seed', () => {
    const found = devices(render(), 'disk').map((node) => [
      attribute(child(node, 'target'), 'dev'),
      attribute(child(node, 'source'), 'file'),
      attribute(child(node, 'driver'), 'type'),
      attribute(child(node, 'driver'), 'cache'),
      child(node, 'readonly') !== undefined,
    ]);
    assert.deepEqual(found, [
      ['vda', '/pool/g1-vda.qcow2', 'qcow2', 'none', false],
      ['vdb', '/pool/g1-vdb.qcow2', 'qcow2', 'directsync', false],
      ['hda', '', '', '', false],
      ['vdc', '/pool/g1-vdc.qcow2', 'raw', '', true],
    ]);
  });

  it('shows a seed on sata or ide as a CD-ROM', () => {
    const seed = devices(render({ disks: [disk('vda'), disk('sda', { role: 'SEED', format: 'raw' })] }), 'disk').at(-1);
    assert.equal(attribute(seed, 'device'), 'cdrom');
    assert.equal(attribute(child(seed, 'target'), 'bus'), 'sata');
  });

  it('refuses to render a disk that was not made yet', () => {
    assert.throws(() => render({ disks: [disk('vda', { path: '' })] }), /vda/);
    const adopted = render({ templateXml: LIVE_GUEST, disks: [disk('vda', { path: '', madeByVirtdc: false })] });
    assert.equal(attribute(child(devices(adopted, 'disk')[0], 'source'), 'file'), '/var/lib/libvirt/images/web.qcow2');
    assert.equal(child(adopted, 'vcpus'), undefined);
  });

  it('replaces the interfaces by those of the guest', () => {
    const nics = [
      { kind: 'BRIDGE', source: 'br7', mac: '52:54:00:00:00:01' },
      { kind: 'NETWORK', source: 'lan', mac: '52:54:00:00:00:02' },
      { kind: 'NETWORK', source: 'lan2', mac: '52:54:00:00:00:03' },
    ] as const;
    const found = devices(render({ nics }), 'interface').map((nic) => serialize(nic).replace(/\s*\n\s*/g, ''));
    assert.deepEqual(found, [
      "<interface type='bridge'><source bridge='br7'/><model type='virtio'/><mac address='52:54:00:00:00:01'/></interface>",
      "<interface type='network'><source network='lan'/><model type='e1000'/><mac address='52:54:00:00:00:02'/></interface>",
      "<interface type='network'><model type='virtio'/><mac address='52:54:00:00:00:03'/><source network='lan2'/></interface>",
    ]);
    assert.equal(devices(render({ nics: [] }), 'interface').length, 0);
  });

  it('gives the baseline CPU where the template names none of its own', () => {
    const kvm = template().replace("<domain type='qemu'", "<domain type='kvm'");
    const cpu = child(render({ templateXml: kvm }), 'cpu');
    assert.equal(textOf(child(cpu, 'model')), 'Nehalem');
    assert.equal(attribute(cpu, 'mode'), 'custom');
    assert.ok(child(cpu, 'topology'));
    const kept = render({ templateXml: LIVE_GUEST, disks: [disk('vda')] });
    assert.equal(textOf(child(kept, 'cpu', 'model')), 'qemu64');
    for (const untouched of [render({ templateXml: kvm, cpuBaselineXml: '' }), render()]) {
      assert.equal(attribute(child(untouched, 'cpu'), 'mode'), 'host-model');
    }
  });

  it('drops a topology of another size, and lets a NUMA cell follow the guest', () => {
    assert.equal(child(render({ maxCpu: 3 }), 'cpu', 'topology'), undefined);
    const numa = "<cpu mode='host-model'><numa><cell id='0' cpus='0-7' memory='256' unit='MiB'/></numa></cpu>";
    const templateXml = template().replace(/<cpu .*<\/cpu>/, `<maxMemory slots='4' unit='MiB'>128</maxMemory>${numa}`);
    const domain = render({ templateXml });
    const cell = child(domain, 'cpu', 'numa', 'cell');
    assert.deepEqual(
      ['cpus', 'memory', 'unit'].map((name) => attribute(cell, name)),
      ['0-3', '262144', 'KiB'],
    );
    assert.equal(textOf(child(domain, 'maxMemory')), '262144');
  });

  it('leaves an adopted guest’s own disks as they are', () => {
    const adopted = { templateXml: LIVE_GUEST, disks: [disk('vda', { path: '/var/lib/libvirt/images/web.qcow2' })] };
    const found = devices(render(adopted), 'disk')[0];
    assert.ok(child(found, 'backingStore'));
    assert.equal(attribute(child(found, 'source'), 'index'), '1');
  });

  it('retargets a running domain without touching anything else', () => {
    const moved = retargetDomain(
      LIVE_GUEST,
      definition({ disks: [disk('vda', { path: '/other/web.qcow2' })], nics: [] }),
    );
    const domain = parseLibvirtXml(moved);
    assert.equal(attribute(child(devices(domain, 'disk')[0], 'source'), 'file'), '/other/web.qcow2');
    assert.ok(child(devices(domain, 'disk')[0], 'address'));
    assert.equal(devices(domain, 'interface').length, 1);
    assert.equal(readMark(domain)?.operation, 'op-1');
    assert.ok(moved.includes('/kept/as/it/is'));
  });

  it('keeps an injected name inert (a name that closes its element and opens devices of its own)', () => {
    const domainName = "a1</name><devices><emulator>/x</emulator></devices><name xmlns='x'>z";
    const domain = render({ domainName });
    assert.equal(textOf(child(domain, 'name')), domainName);
    assert.equal(childrenNamed(domain, 'devices').length, 1);
    assert.deepEqual(devices(domain, 'emulator').map(textOf), ['/usr/bin/qemu-system-x86_64']);
  });

  it('does not replace a value that looks like a variable again', () => {
    assert.equal(textOf(child(render({ domainName: 'max_cpu' }), 'os', 'cmdline')), 'console=ttyS0 name=max_cpu');
  });

  it('carries any name and any path through, with the same shape of tree', () => {
    const shape = (node: XmlElement): unknown => [
      node.name,
      [...node.attributes.keys()],
      node.children.map((c) => (typeof c === 'string' ? 0 : shape(c))),
    ];
    const plain = shape(render());
    const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => isXmlText(text) && text.trim() === text);
    fc.assert(
      fc.property(value, value, (domainName, path) => {
        const domain = render({
          domainName,
          disks: [disk('vda', { path }), disk('vdb'), disk('vdc', { role: 'SEED', format: 'raw' })],
        });
        assert.equal(textOf(child(domain, 'name')), domainName);
        assert.equal(attribute(child(devices(domain, 'disk')[0], 'source'), 'file'), path);
        assert.deepEqual(shape(domain), plain);
      }),
    );
  });
});
