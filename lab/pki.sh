# shellcheck shell=bash
# Certificates and SSH keys: one authority and one client for the machine, and for each host a directory that the host
# sees as /etc/pki, with the names that libvirt and QEMU look for by themselves.

certify() {                                                # certify NAME SUBJECTALTNAMES KEY CERT
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$3" 2> /dev/null |
    openssl x509 -req -CA "$LAB/pki/cacert.pem" -CAkey "$LAB/pki/cakey.pem" -CAcreateserial -days 3650 \
      -extfile <(echo "subjectAltName=$2") -out "$4" 2> /dev/null
}

# $LAB/pki is what libvirt's pkipath= wants, with the SSH key and the known hosts beside it.
make_machine_pki() {
  local pki=$LAB/pki
  [ ! -e "$pki/known_hosts" ] || return 0
  mkdir -p -m 700 "$pki"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=virtdc lab" \
    -keyout "$pki/cakey.pem" -out "$pki/cacert.pem" 2> /dev/null
  certify client DNS:client "$pki/clientkey.pem" "$pki/clientcert.pem"
  ssh-keygen -q -t ed25519 -N "" -C "virtdc lab" -f "$pki/id_ed25519"
  : > "$pki/known_hosts"
}

# One certificate serves a host as libvirt's server and as its client when it migrates to another host, and QEMU
# in both parts as well.
make_host_pki() {                                          # make_host_pki N
  local pki=$LAB/node$1/pki side
  [ ! -e "$pki/ssh_host_key" ] || return 0
  mkdir -p "$pki/CA" "$pki/libvirt/private" "$pki/qemu"
  ln -f "$LAB/pki/cacert.pem" "$pki/CA/cacert.pem"
  certify "node$1" "DNS:node$1,IP:$(address "$1")" "$pki/libvirt/private/serverkey.pem" "$pki/libvirt/servercert.pem"
  ln -f "$pki/libvirt/servercert.pem" "$pki/libvirt/clientcert.pem"
  ln -f "$pki/libvirt/private/serverkey.pem" "$pki/libvirt/private/clientkey.pem"
  ln -f "$LAB/pki/cacert.pem" "$pki/qemu/ca-cert.pem"
  for side in server client; do
    ln -f "$pki/libvirt/servercert.pem" "$pki/qemu/$side-cert.pem"
    ln -f "$pki/libvirt/private/serverkey.pem" "$pki/qemu/$side-key.pem"
  done
  ssh-keygen -q -t ed25519 -N "" -C "node$1" -f "$pki/ssh_host_key"
  echo "$(address "$1") $(cut -d ' ' -f 1,2 "$pki/ssh_host_key.pub")" >> "$LAB/pki/known_hosts"
}
