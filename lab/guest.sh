# shellcheck shell=bash
# What a guest is made of, and ways to hear from it without libvirt.

# The names of virtdc's variables stand where a guest's own values go. The command line lets the guest boot quickly
# without hardware virtualisation; with a kernel at the same place as before (nokaslr) a reboot would take twice as
# long, since QEMU has translated what is there.
cmd_base-xml() {
  local guest
  guest=$("$here/guest/build" "$CACHE")
  cat << END
<domain type='qemu'>
  <name>vm_name</name>
  <uuid>vm_uuid</uuid>
  <memory unit='KiB'>max_memory</memory>
  <currentMemory unit='KiB'>current_memory</currentMemory>
  <vcpu placement='static' current='current_cpu'>max_cpu</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>$guest/vmlinuz</kernel>
    <initrd>$guest/initrd.img</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 mitigations=off cryptomgr.notests swiotlb=1024 virtdc.net=$NET</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='$guest/base.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'>
      <log file='/var/log/libvirt/guest/vm_name.log' append='on'/>
      <target port='0'/>
    </serial>
    <serial type='unix'>
      <source mode='bind' path='/run/libvirt/guest/vm_name.ctl'/>
      <target port='1'/>
    </serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>
END
}
cmd_base-image() { echo "$("$here/guest/build" "$CACHE")/base.qcow2"; }

# Capacities that are made up: every host of the lab reports the whole machine.
cmd_nodeinfo() {                                           # nodeinfo [N]
  local i capacity=""
  for i in cpu_core:cores:8 memory:GiB:2 io:GiB:20; do
    IFS=: read -r name unit value <<< "$i"
    capacity+="<$name unit=\"$unit\">$value</$name>"
  done
  echo "<node_info>"
  echo "  <nodes>"
  for ((i = 1; i <= ${1:-3}; i++)); do
    echo "    <node>"
    echo "      <hostname>node$i</hostname>"
    echo "      <ipv4address>$(address "$i")</ipv4address>"
    echo "      <max_capacity>$capacity</max_capacity>"
    echo "      <available_capacity>$capacity</available_capacity>"
    echo "    </node>"
  done
  echo "  </nodes>"
  echo "</node_info>"
}

# A guest's console is a log file in its host, where a heartbeat comes once a second. A log that is older than the
# guest's QEMU is that of an earlier guest.
last_beat() {                                              # last_beat HOST GUEST
  local log=$LAB/$1/log/guest/$2.log pid=$LAB/$1/run/qemu/$2.pid
  [ -e "$pid" ] && [ "$log" -nt "$pid" ] && tail -n 1 "$log" | grep '^beat='
}
cmd_wait() {                                               # wait HOST GUEST [SECONDS]
  number "$1" > /dev/null
  wait_for $((10 * ${3:-60})) last_beat "$1" "$2" || die "no heartbeat of $2 on $1"
  last_beat "$1" "$2"
}

# Every request has a tag of its own: answers that nobody read are delivered to the next connection. Our side stays
# open until the answer is there, since QEMU hangs up as soon as it is closed.
cmd_ctl() {                                                # ctl HOST GUEST COMMAND...
  local socket=$LAB/$1/run/guest/$2.ctl tag=@$$-$RANDOM line status=1
  [ -S "$socket" ] || die "no guest $2 on $1"
  [ $# -gt 2 ] || die "ctl HOST GUEST COMMAND..."
  coproc nc -U "$socket" 2> /dev/null
  # shellcheck disable=SC2153  # coproc sets COPROC and COPROC_PID
  local pid=$COPROC_PID from=${COPROC[0]} to=${COPROC[1]}
  echo "$tag ${*:3}" >&"$to"
  case $3 in poweroff | reboot | panic) status=0; sleep 0.5;; esac
  while [ $status = 1 ] && read -r -t 15 line <&"$from"; do
    case $line in
      "$tag OK") status=0;;
      "$tag ERR") break;;
      "$tag "*) echo "${line#"$tag "}";;
    esac
  done
  kill "$pid" 2> /dev/null || true
  return $status
}
