import assert from 'node:assert/strict';
import { hostCapabilities, hostModelCpu } from '../../src/xml/capabilities.js';
import { isBridge } from '../../src/xml/interfaces.js';
import { parseLibvirtXml } from '../../src/xml/parse.js';
import { parsePool, parseVolume, renderQcow2Volume, renderRawVolume } from '../../src/xml/storage.js';
import { attribute, child, textOf } from '../../src/xml/tree.js';

const CAPABILITIES = `<capabilities>
  <host><uuid>0dc1ab00-0000-4000-8000-000000000001</uuid><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
  <guest><os_type>hvm</os_type><arch name='i686'><machine>isapc</machine><domain type='kvm'/></arch></guest>
  <guest><os_type>hvm</os_type><arch name='x86_64'>
    <machine>pc-q35-7.2</machine><machine canonical='pc-q35-7.2'>q35</machine><machine>pc</machine>
    <domain type='qemu'/><domain type='kvm'><machine>pc</machine><machine>microvm</machine></domain></arch></guest>
</capabilities>`;

describe('xml: what libvirt says of a host', () => {
  it('reads capabilities, of its own architecture', () => {
    assert.deepEqual(hostCapabilities(CAPABILITIES), {
      uuid: '0dc1ab00-0000-4000-8000-000000000001',
      arch: 'x86_64',
      cpuModel: 'EPYC',
      kvm: true,
      machineTypes: ['microvm', 'pc', 'pc-q35-7.2', 'q35'],
    });
    assert.equal(hostCapabilities(CAPABILITIES.replaceAll("<domain type='kvm'", "<domain type='qemu'")).kvm, false);
  });

  it('makes a CPU of the host model, where there is one', () => {
    const modes = (supported: string) =>
      `<domainCapabilities><cpu><mode name='host-passthrough' supported='yes'/><mode name='host-model' supported='${supported}'>
       <model fallback='forbid'>EPYC</model><feature policy='require' name='x2apic'/></mode></cpu></domainCapabilities>`;
    const cpu = parseLibvirtXml(hostModelCpu(modes('yes')));
    assert.equal(textOf(child(cpu, 'model')), 'EPYC');
    assert.equal(attribute(child(cpu, 'feature'), 'name'), 'x2apic');
    assert.equal(hostModelCpu(modes('no')), '');
    assert.equal(hostModelCpu('<domainCapabilities/>'), '');
  });

  it('tells bridges from other interfaces', () => {
    assert.equal(isBridge("<interface type='bridge' name='br0'><bridge/></interface>"), true);
    assert.equal(isBridge("<interface type='ethernet' name='eth0'/>"), false);
  });

  it('reads pools and volumes', () => {
    assert.deepEqual(parsePool("<pool type='dir'><target><path>/images</path></target></pool>"), {
      type: 'dir',
      path: '/images',
    });
    const volume = `<volume type='file'><name>a.qcow2</name><key>k</key><capacity unit='bytes'>1048577</capacity>
      <allocation>200704</allocation><target><path>/images/a.qcow2</path><format type='qcow2'/></target>
      <backingStore><path>/images/base.qcow2</path><format type='qcow2'/></backingStore></volume>`;
    assert.deepEqual(parseVolume(volume), {
      name: 'a.qcow2',
      path: '/images/a.qcow2',
      format: 'qcow2',
      capacityKib: 1025,
      allocationKib: 196,
      backingPath: '/images/base.qcow2',
    });
  });

  it('renders volumes, whatever their names', () => {
    const name = 'a\'><format type="raw"/>&';
    const overlay = parseLibvirtXml(renderQcow2Volume(name, 4096, { path: '/images/b&b', format: 'raw' }));
    assert.equal(textOf(child(overlay, 'name')), name);
    assert.equal(textOf(child(overlay, 'backingStore', 'path')), '/images/b&b');
    assert.equal(attribute(child(overlay, 'backingStore', 'format'), 'type'), 'raw');
    assert.equal(attribute(child(overlay, 'target', 'format'), 'type'), 'qcow2');
    assert.equal(child(parseLibvirtXml(renderQcow2Volume(name, 1)), 'backingStore'), undefined);
    assert.equal(textOf(child(parseLibvirtXml(renderRawVolume(name, 77)), 'capacity')), '77');
  });
});
