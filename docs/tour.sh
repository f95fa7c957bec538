#!/usr/bin/env bash
# Calls every RPC of virtdc once, from an empty fleet back to an empty fleet, with nothing but a generic gRPC client.
# usage: docs/tour.sh [grpcurl | buf] [ADDRESS]      default: grpcurl 127.0.0.1:50051, as `npm start` serves it
# The service has to be on simulated hosts (sim://), and empty. Needs bash, coreutils, and the client on the PATH.
set -euo pipefail
client=${1:-grpcurl}
address=${2:-127.0.0.1:50051}

# request SERVICE/METHOD [JSON]: says what is asked, and leaves the command for it in "${command[@]}".
request() {
  local method=$1 data=${2:-"{}"}
  printf '\n== %s %s\n' "$method" "$data"
  case $client in
    grpcurl) command=(grpcurl -plaintext -d "$data" "$address" "virtdc.v1.$method") ;;
    buf) command=(buf curl --protocol grpc --http2-prior-knowledge -d "$data" "http://$address/virtdc.v1.$method") ;;
  esac
}

# call SERVICE/METHOD [JSON]: prints the answer, and leaves it in $answer. Several JSON documents are a stream.
call() {
  request "$@"
  answer=$("${command[@]}")
  printf '%s\n' "$answer"
}

# watch SERVICE/METHOD [JSON]: a stream without an end, watched for two seconds.
watch() {
  request "$@"
  timeout 2 "${command[@]}" || [ $? -eq 124 ]
}

# begin SERVICE/METHOD JSON: a call that begins an operation; leaves its name in $name.
begin() {
  call "$@"
  name=$(grep -o 'op-[a-z0-9-]*' <<<"$answer" | head -n 1)
}

# operation SERVICE/METHOD JSON: begins one and waits until it has succeeded.
operation() {
  begin "$@"
  call Operations/WaitOperation "{\"name\":\"$name\"}"
  grep -q OPERATION_STATE_SUCCEEDED <<<"$answer"
}

# refused SERVICE/METHOD JSON REASON: a call that is to be refused, for that reason.
refused() {
  request "$1" "$2"
  if answer=$("${command[@]}" 2>&1); then return 1; fi
  printf '%s\n' "$answer"
  grep -q "$3" <<<"$answer"
}

# What the service says of itself.
case $client in
  grpcurl)
    grpcurl -plaintext "$address" list
    grpcurl -plaintext "$address" list virtdc.v1.Placement
    grpcurl -plaintext "$address" describe virtdc.v1.Placement.SubmitGuest
    grpcurl -plaintext "$address" describe virtdc.v1.SubmitGuestRequest
    grpcurl -plaintext "$address" grpc.health.v1.Health/Check | grep SERVING
    ;;
  buf)
    buf curl --protocol grpc --http2-prior-knowledge --list-services "http://$address"
    buf curl --protocol grpc --http2-prior-knowledge --list-methods "http://$address" | grep virtdc.v1.Placement
    ;;
esac

# Hosts: from a file as the original virtdc read it, and one by hand.
node() {
  local capacity="<cpu_core>16</cpu_core><memory unit='GiB'>32</memory><io unit='GiB'>500</io>"
  echo "<node><hostname>$1</hostname><ipv4address>$2</ipv4address><max_capacity>$capacity</max_capacity></node>"
}
nodes="<node_info><nodes>$(node node1 192.0.2.11)$(node node2 192.0.2.12)</nodes></node_info>"
call HostInfo/ImportNodeInfo "{\"xml\":\"$nodes\"}"
call HostInfo/RegisterHost '{"hostname":"node3","ip_address":"192.0.2.13","uri":"sim://node3","max_io_kib":"524288000"}'
call HostInfo/UpdateHost '{"hostname":"node3","zone":"east","set_labels":{"rack":"r1"},"ratios":{"cpu":2.0}}'
call HostInfo/GetHost '{"hostname":"node3"}'
call HostInfo/CordonHost '{"hostname":"node3"}'
call HostInfo/UncordonHost '{"hostname":"node3"}'
refused HostInfo/ConfirmHostDead '{"hostname":"node3"}' 'it is not off'
call HostInfo/ListHosts
watch HostInfo/WatchHosts '{"send_initial":true}'
call HostInfo/CheckHosts

# Where disks lie, and what they begin with.
call HostInfo/RegisterPool '{"name":"shared","kind":"POOL_KIND_SHARED","locking":true,"hostnames":["node1","node2"]}'
call HostInfo/UpdatePool '{"name":"shared","add_hostnames":["node3"]}'
call HostInfo/ListPools
header='{"header":{"pool":"shared","name":"image.raw","format":"DISK_FORMAT_RAW","size_bytes":"512"}}'
call HostInfo/PushImage "$header {\"chunk\":\"$(head -c 512 /dev/zero | base64 -w 0)\"}"
call HostInfo/ListImages

# What guests are modelled on.
base="<domain type='kvm'><name>vm_name</name><memory>max_memory</memory><vcpu>max_cpu</vcpu>"
base+="<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
base+="<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><target dev='vda' bus='virtio'/></disk>"
base+="<interface type='network'><source network='default'/></interface><console type='pty'/></devices></domain>"
call GuestInfo/ImportBaseGuest "{\"name\":\"small\",\"xml\":\"$base\",\"images\":{\"vda\":\"image.raw\"}}"
call GuestInfo/ListBaseGuests
call Placement/SetClusterPolicy '{"strategy":"STRATEGY_WORST_FIT","default_pool":"shared"}'
call Placement/GetClusterPolicy

# A guest: is there room, where would it go, and there it is.
shape='"cpu":2,"memory_kib":"2097152","base_guest":"small"'
call Placement/CheckSpace "{\"shape\":{$shape}}"
call Placement/ExplainPlacement "{\"shape\":{$shape}}"
operation Placement/SubmitGuest "{\"vmid\":\"web-1\",$shape,\"max_cpu\":4,\"max_memory_kib\":\"4194304\",\"request_id\":\"tour\"}"
call Placement/SubmitGuests "{\"guests\":[{\"vmid\":\"web-2\",$shape},{\"vmid\":\"web-3\",$shape}],\"all_or_none\":true,\"validate_only\":true}"
call Operations/GetOperation "{\"name\":\"$name\"}"
call GuestInfo/GetGuest '{"vmid":"web-1"}'
call GuestInfo/ListGuests '{"filter":{"states":["GUEST_STATE_RUNNING"]}}'
call GuestInfo/UpdateGuest '{"vmid":"web-1","set_labels":{"app":"web"}}'
watch GuestInfo/WatchGuests '{"send_initial":true}'
call GuestInfo/ExportGuests
call GuestInfo/OpenConsole '{"target":{"vmid":"web-1"}}'
call GuestInfo/AdoptGuests '{"hostname":"node1","validate_only":true}'

# It grows and shrinks ...
operation Scaling/ScaleCpu '{"vmid":"web-1","cpu":4,"on_no_room":"ON_NO_ROOM_MIGRATE_SELF"}'
operation Scaling/ScaleMemory '{"vmid":"web-1","memory_kib":"1048576"}'

# ... moves while it runs ...
call Migration/CheckMigration '{"vmid":"web-1"}'
operation Migration/MigrateGuest '{"vmid":"web-1"}'
call Migration/GetMigration "{\"operation\":\"$name\"}"
call Migration/ListMigrations
begin Migration/MigrateGuest '{"vmid":"web-1","policy":{"bandwidth_mib_per_s":"1"}}'
call Migration/CancelMigration "{\"operation\":\"$name\"}"
call Migration/WatchMigration "{\"operation\":\"$name\"}"
begin Migration/MigrateGuest '{"vmid":"web-1","policy":{"bandwidth_mib_per_s":"1"}}'
call Operations/CancelOperation "{\"name\":\"$name\"}"
call Operations/WaitOperation "{\"name\":\"$name\"}"

# ... and is switched off and on.
operation GuestInfo/PauseGuest '{"vmid":"web-1"}'
operation GuestInfo/ResumeGuest '{"vmid":"web-1"}'
operation GuestInfo/RebootGuest '{"vmid":"web-1"}'
operation GuestInfo/StopGuest '{"vmid":"web-1","grace_s":10,"force":true}'
operation GuestInfo/StartGuest '{"vmid":"web-1"}'

# The books, and then nothing is left.
call Operations/ListOperations '{"filter":{"targets":["web-1"]}}'
call Operations/Audit
call Operations/ListAuditRecords '{"filter":{"methods":["SubmitGuest"]}}'
call Operations/GetLeader
operation Placement/TerminateGuest '{"vmid":"web-1"}'
call GuestInfo/DeleteBaseGuest '{"name":"small"}'
call Placement/SetClusterPolicy '{"default_pool":""}'
call HostInfo/RemovePool '{"name":"shared"}'
for host in node1 node2 node3; do call HostInfo/RemoveHost "{\"hostname\":\"$host\"}"; done
echo 'The tour is over.'
