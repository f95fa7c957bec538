import assert from 'node:assert/strict';
import { parseBaseGuest } from '../../src/xml/base-guest.js';
import { BOUNDS } from './bounds.js';
import { BASE_GUEST, LIVE_GUEST } from './domains.js';

function fields(source: string): string[] {
  const parsed = parseBaseGuest(source, BOUNDS);
  return parsed.ok ? [] : parsed.violations.map((violation) => violation.field);
}

function withDevice(device: string): string {
  return BASE_GUEST.replace('</devices>', () => `${device}</devices>`);
}

describe('xml/base-guest', () => {
  it('reads what placement needs to know', () => {
    const parsed = parseBaseGuest(BASE_GUEST, BOUNDS);
    assert.ok(parsed.ok);
    const { templateXml, ...facts } = parsed.value;
    assert.deepEqual(facts, {
      domainType: 'qemu',
      domainName: 'vm_name',
      arch: 'x86_64',
      machineType: 'pc',
      diskTargets: ['vda', 'vdb'],
      nics: [
        { kind: 'NETWORK', source: 'default' },
        { kind: 'BRIDGE', source: 'br0' },
      ],
    });
    assert.ok(!templateXml.includes('<source file='), templateXml);
  });

  it('takes a running guest, without what is its own', () => {
    const parsed = parseBaseGuest(LIVE_GUEST, BOUNDS);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    for (const own of [
      '/dev/pts',
      'alias',
      'vnet',
      '52:54:00',
      'seclabel',
      " id='",
      '<resource',
      '/var/lib/libvirt/images',
      'portid',
      '5900',
      'check=',
      'web-seed',
    ]) {
      assert.ok(!parsed.value.templateXml.includes(own), `${own} in ${parsed.value.templateXml}`);
    }
    assert.ok(parsed.value.templateXml.includes("<future knob='1'/>"));
    assert.ok(parsed.value.templateXml.includes("<log file='/var/log/libvirt/guest/vm_name.log'"));
    assert.deepEqual(parsed.value.diskTargets, ['vda']);
  });

  const hostile: readonly [string, string, string][] = [
    ['an emulator of its own', BASE_GUEST.replace('/usr/bin/qemu-system-x86_64', '/tmp/x'), '/domain/devices/emulator'],
    [
      'an emulator by a detour',
      BASE_GUEST.replace('/usr/bin/qemu', '/usr/bin/../../tmp/qemu'),
      '/domain/devices/emulator',
    ],
    ['a second emulator', withDevice('<emulator>/bin/sh</emulator>'), '/domain/devices/emulator'],
    [
      'qemu:commandline',
      BASE_GUEST.replace(
        '</domain>',
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-S'/></qemu:commandline></domain>",
      ),
      '/domain/qemu:commandline',
    ],
    [
      'the same under another prefix',
      BASE_GUEST.replace('</domain>', "<x xmlns='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>"),
      '/domain/x',
    ],
    ['a kernel of the host', BASE_GUEST.replace('/srv/guest/vmlinuz', '/etc/shadow'), '/domain/os/kernel'],
    ['a kernel by a detour', BASE_GUEST.replace('/srv/guest/vmlinuz', '/srv/../etc/shadow'), '/domain/os/kernel'],
    ['a relative kernel', BASE_GUEST.replace('/srv/guest/vmlinuz', 'vmlinuz'), '/domain/os/kernel'],
    [
      'a log anywhere',
      BASE_GUEST.replace('/var/log/libvirt/guest/vm_name.log', '/root/.ssh/authorized_keys'),
      '/domain/devices/serial/log/@file',
    ],
    [
      'a host file system',
      withDevice("<filesystem type='mount'><source dir='/'/></filesystem>"),
      '/domain/devices/filesystem',
    ],
    ['a host device', withDevice("<hostdev mode='subsystem' type='pci'/>"), '/domain/devices/hostdev'],
    [
      'a script',
      withDevice("<interface type='bridge'><source bridge='b'/><script path='x'/></interface>"),
      '/domain/devices/interface/script',
    ],
    [
      'a serial port to a pipe',
      withDevice("<serial type='pipe'><source path='/run/libvirt/x'/></serial>"),
      '/domain/devices/serial/@type',
    ],
    [
      'a device of the host as a serial port',
      withDevice("<serial type='dev'><source path='/dev/sda'/></serial>"),
      '/domain/devices/serial/@type',
    ],
    [
      'a path nobody expects',
      BASE_GUEST.replace('</os>', "<acpi><table type='slic'>/etc/x</table></acpi></os>"),
      '/domain/os/acpi/table',
    ],
    [
      'a firmware file',
      BASE_GUEST.replace('</os>', '</os><sysinfo type="fwcfg"><entry name="a" file="x"/></sysinfo>'),
      '/domain/sysinfo/@type',
    ],
    ['a boot loader', BASE_GUEST.replace('<os>', '<bootloader>/bin/sh</bootloader><os>'), '/domain/bootloader'],
    ['two names', BASE_GUEST.replace('<os>', '<name>b</name><os>'), '/domain/name'],
    ['no memory', BASE_GUEST.replace(/<memory.*?<\/memory>/, ''), '/domain/memory'],
    ['another hypervisor', BASE_GUEST.replace("type='qemu'", "type='xen'"), '/domain/@type'],
    ['a target twice', BASE_GUEST.replace("dev='vdb'", "dev='vda'"), '/domain/devices/disk/target/@dev'],
    ['an entity bomb', `<!DOCTYPE d [<!ENTITY a "b">]>${BASE_GUEST}`, '/'],
  ];
  for (const [what, source, field] of hostile) {
    it(`refuses ${what}`, () => {
      assert.notEqual(source, BASE_GUEST);
      assert.ok(fields(source).includes(field), JSON.stringify(fields(source)));
    });
  }

  it('lists every violation', () => {
    const source = withDevice("<filesystem type='mount'/><shmem name='x'/>").replace(
      '/usr/bin/qemu-system-x86_64',
      '/tmp/x',
    );
    assert.equal(fields(source).length, 3);
  });
});
