// Domain XML that several tests read: a base guest as its author writes it, and a running guest as libvirt shows it.

export const BASE_GUEST = `<domain type='qemu'>
  <name>vm_name</name><uuid>vm_uuid</uuid>
  <memory unit='KiB'>max_memory</memory><currentMemory unit='KiB'>current_memory</currentMemory>
  <vcpu placement='static' current='current_cpu'>max_cpu</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><kernel>/srv/guest/vmlinuz</kernel><cmdline>console=ttyS0 name=vm_name</cmdline></os>
  <features><acpi/></features>
  <cpu mode='host-model'><topology sockets='1' cores='4' threads='1'/></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='/images/base.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='directsync'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><source file='/images/install.iso'/><target dev='hda' bus='ide'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><model type='virtio'/></interface>
    <interface type='bridge'><source bridge='br0'/><model type='e1000'/></interface>
    <serial type='pty'><log file='/var/log/libvirt/guest/vm_name.log' append='on'/><target port='0'/></serial>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>`;

export const LIVE_GUEST = `<domain type='qemu' id='7'>
  <name>web</name><uuid>3f2b1c0e-1111-4222-8333-944455556666</uuid>
  <metadata><virtdc:guest xmlns:virtdc='https://virtdc.dev/xmlns/domain/1' vmid='web' operation='op-0' epoch='1'/><app:x xmlns:app='http://example.org/app'>/kept/as/it/is</app:x></metadata>
  <memory unit='KiB'>262144</memory><currentMemory unit='KiB'>131072</currentMemory>
  <vcpu placement='static' current='1'>2</vcpu>
  <vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='no' hotpluggable='yes'/></vcpus>
  <resource><partition>/machine</partition></resource>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><boot dev='hd'/></os>
  <cpu mode='custom' match='exact' check='full'><model fallback='forbid'>qemu64</model><feature policy='require' name='x2apic'/></cpu>
  <future knob='1'/>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/><source file='/var/lib/libvirt/images/web.qcow2' index='1'/>
      <backingStore type='file' index='2'><format type='qcow2'/><source file='/var/lib/libvirt/images/base.qcow2'/><backingStore/></backingStore>
      <target dev='vda' bus='virtio'/><alias name='virtio-disk0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
    </disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/web-seed'/><target dev='vdb' bus='virtio'/><readonly/></disk>
    <controller type='usb' index='0' model='piix3-uhci'><alias name='usb'/></controller>
    <interface type='network'>
      <mac address='52:54:00:aa:bb:cc'/><source network='default' portid='5a2a' bridge='virbr0'/><target dev='vnet3'/>
      <model type='virtio'/><alias name='net0'/>
    </interface>
    <serial type='pty'><source path='/dev/pts/4'/><log file='/var/log/libvirt/guest/web.log' append='on'/><target type='isa-serial' port='0'/><alias name='serial0'/></serial>
    <console type='pty' tty='/dev/pts/4'><source path='/dev/pts/4'/><target type='serial' port='0'/><alias name='serial0'/></console>
    <channel type='unix'>
      <source mode='bind' path='/run/libvirt/qemu/channel/7-web/org.qemu.guest_agent.0'/>
      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/><alias name='channel0'/>
    </channel>
    <graphics type='vnc' port='5900' autoport='yes' listen='127.0.0.1'><listen type='address' address='127.0.0.1'/></graphics>
    <memballoon model='virtio'><stats period='2'/><alias name='balloon0'/></memballoon>
  </devices>
  <seclabel type='dynamic' model='dac' relabel='yes'><label>+0:+0</label></seclabel>
</domain>`;
