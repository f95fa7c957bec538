# shellcheck shell=bash
# A host: namespaces with a libvirtd of its own in them. Its first process is the power switch: when that is killed the
# kernel ends everything in the host.

# What a host has for itself: a directory of its tree, and where it sees it.
private="etc:/etc/libvirt pki:/etc/pki run:/run/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt"

address() { echo "$NET.$((10 + $1))"; }
uuid() { printf '0dc1ab00-0000-4000-8%03d-%012d' "${2:-0}" "$1"; }           # uuid N [KIND]; KIND 0: the host itself
hosts() { local dir; for dir in "$LAB"/node*/; do basename "$dir"; done | sort -V; }
number() {                                                 # number HOST
  [[ $1 =~ ^node([1-9][0-9]?)$ ]] && [ -d "$LAB/$1" ] || die "no such host: $1"
  echo "${BASH_REMATCH[1]}"
}
inside() {                                                 # inside HOST COMMAND...: run it in the host
  local pid
  pid=$(recorded "$LAB/$1/init.pid") || die "$1 is off (lab start $1)"
  shift
  nsenter -t "$pid" -m -u -i -n -p -- "$@"
}

host_init() {                                              # host_init N: the host's first process
  local dir=$LAB/node$1 entry
  for entry in $private; do mount --bind "$dir/${entry%%:*}" "${entry#*:}"; done
  for entry in hosts passwd group shadow; do mount --bind "$LAB/etc/$entry" "/etc/$entry"; done
  mount -t sysfs sysfs /sys                                # this host's network devices only
  echo "node$1" > /proc/sys/kernel/hostname
  ip link set lo up
  : > "$dir/ready"
  # bash reaps what is orphaned here: to libvirt a QEMU that is a zombie is still alive.
  while :; do sleep infinity & wait; done
}

# What all hosts see alike and the machine does not: each other's names, the account that libvirtd insists on, and a
# root who may come in by SSH even where the machine's own root is locked.
write_accounts() {
  local i
  mkdir -p "$LAB/etc"
  { echo "127.0.0.1 localhost"; for i in {1..80}; do echo "$(address "$i") node$i"; done; } > "$LAB/etc/hosts"
  { grep -v '^libvirt-qemu:' /etc/passwd; echo "libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin"; } > "$LAB/etc/passwd"
  { grep -v '^libvirt-qemu:' /etc/group; echo "libvirt-qemu:x:64055:"; } > "$LAB/etc/group"
  (umask 077; echo 'root:*:19000:0:99999:7:::' > "$LAB/etc/shadow")
}

power_on() {                                               # power_on N
  local dir=$LAB/node$1 parent pid mac
  [ ! -e "$dir/online" ] || ! recorded "$dir/init.pid" > /dev/null || return 0
  power_off "node$1"                                       # what is left of a start that failed
  rm -rf "$dir/run" "$dir/ready" "$dir/online"             # /run does not outlive a power cut
  mkdir -p "$dir"/{etc,pki,run/guest,lib/images,cache,log/guest}
  make_host_pki "$1"
  write_config "$1"
  setsid unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc \
    bash "$here/lab" host-init "$1" < /dev/null > "$dir/init.log" 2>&1 &
  parent=$!
  record "$parent" "$dir/init.pid"                         # for the time being: if it dies, so does its child
  wait_for 50 test -e "$dir/ready" || die "node$1 does not start: $(cat "$dir/init.log")"
  pid=$(tr -d ' ' < "/proc/$parent/task/$parent/children")
  record "$pid" "$dir/init.pid"
  # A guest's interface is a port of the host's br0, as is the host's way to the others. The MAC address is the same
  # at each boot, else the neighbours would know a wrong one for a while.
  mac=$(printf '02:76:64:00:00:%02x' "$1")
  ip link add "$BRIDGE-$1" type veth peer name eth0 netns "$pid"
  ip link set "$BRIDGE-$1" master "$BRIDGE" up
  inside "node$1" sh -ec "ip link set eth0 address $mac; ip link add br0 address $mac type bridge
    ip link set eth0 master br0 up; ip addr add $(address "$1")/24 dev br0; ip link set br0 up"
  : > "$dir/online"
}
power_off() {                                              # power_off HOST: at once, like a pulled plug
  local pid
  pid=$(recorded "$LAB/$1/init.pid") || return 0
  kill -9 "$pid"
  wait_for 100 gone "$LAB/$1/init.pid" || die "$1 does not go off"
  ip link del "$BRIDGE-${1#node}" 2> /dev/null || true     # or it went with its other end
}

# Several settings are there because the hosts are one machine in truth: without a UUID of its own every host would be
# "the same host" to a migration, and equal guest names would meet in the machine's control groups.
write_config() {                                           # write_config N
  local etc=$LAB/node$1/etc
  cat > "$etc/libvirtd.conf" << END
host_uuid = "$(uuid "$1")"
listen_tcp = 1
listen_tls = 1
auth_unix_ro = "none"
auth_unix_rw = "none"
auth_tcp = "none"
auth_tls = "none"
unix_sock_rw_perms = "0700"
keepalive_interval = ${KEEPALIVE%:*}
keepalive_count = ${KEEPALIVE#*:}
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
END
  cat > "$etc/qemu.conf" << END
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
keepalive_interval = ${KEEPALIVE%:*}
keepalive_count = ${KEEPALIVE#*:}
migration_host = "$(address "$1")"
default_tls_x509_verify = 1
END
  echo 'uri_default = "qemu:///system"' > "$etc/libvirt.conf"
  cat > "$etc/sshd_config" << END
ListenAddress $(address "$1")
HostKey /etc/pki/ssh_host_key
PidFile /run/libvirt/sshd.pid
AuthorizedKeysFile $LAB/pki/id_ed25519.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
END
  define "$1" 1 storage local "<pool type='dir'><target><path>/var/lib/libvirt/images</path></target></pool>"
  define "$1" 2 storage shared "<pool type='dir'><target><path>$LAB/shared</path></target></pool>"
  define "$1" 3 qemu/networks lab "<network><forward mode='bridge'/><bridge name='br0'/></network>"
}
# What libvirtd finds defined when it starts, and starts by itself. Name and UUID go into the XML after its first tag.
define() {                                                 # define N KIND DIRECTORY NAME XML
  local dir=$LAB/node$1/etc/$3
  mkdir -p "$dir/autostart"
  echo "${5/>/><name>$4</name><uuid>$(uuid "$1" "$2")</uuid>}" > "$dir/$4.xml"
  ln -sf "../$4.xml" "$dir/autostart/$4.xml"
}

daemon_pid() {                                             # daemon_pid HOST: as the host sees it
  local pid
  pid=$(cat "$LAB/$1/run/libvirtd.pid" 2> /dev/null) && inside "$1" grep -qsx libvirtd "/proc/$pid/comm" && echo "$pid"
}
start_daemon() {                                           # start_daemon HOST
  ! daemon_pid "$1" > /dev/null || return 0
  # No D-Bus: it would be the machine's, and libvirtd would talk to services that know nothing of the host.
  inside "$1" env -i PATH="$PATH" LC_ALL=C HOME=/root DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent \
    libvirtd --daemon --listen -p /run/libvirt/libvirtd.pid > "$LAB/$1/log/daemon.log" 2>&1 ||
    die "libvirtd of $1 does not start: $(cat "$LAB/$1/log/daemon.log" "$LAB/$1/log/libvirtd.log")"
}
start_sshd() {                                             # start_sshd HOST
  local pid
  pid=$(cat "$LAB/$1/run/sshd.pid" 2> /dev/null) && inside "$1" test -d "/proc/$pid" && return
  inside "$1" sh -c 'mkdir -p /run/sshd; exec /usr/sbin/sshd -f /etc/libvirt/sshd_config'
}
answers() { timeout 30 virsh -q -c "$(uri "$1")" domcapabilities --virttype qemu; }

# libvirtd probes QEMU before it starts the first guest, which takes seconds. What it found is kept for every later
# host; it is stale after an upgrade, which libvirtd sees by itself.
boot() {                                                   # boot HOST
  local mine=$LAB/$1/cache/qemu/capabilities kept=$CACHE/capabilities
  power_on "${1#node}"
  if [ ! -d "$mine" ]; then
    mkdir -p "$mine" "$kept"
    cp "$kept"/*.xml "$mine" 2> /dev/null || true
  fi
  start_daemon "$1"
  start_sshd "$1"
  wait_for 30 answers "$1" || die "libvirtd of $1 does not answer"
  diff -q "$mine" "$kept" > /dev/null || cp "$mine"/*.xml "$kept"
}
