# shellcheck shell=bash
# Shared by the scripts of this OS definition; does nothing by itself.
#
# The guest lives on a disk image that "prepare" builds once per node: an MBR
# boot loader and one FAT partition from 1 MiB on, with kernel, initial RAM
# disk and boot loader configuration. What differs between instances is one
# text file on that partition, instance.cfg. It is written with mtools, which
# needs no mount, so that a disk controlled by a guest is never mounted here.

# Where "prepare" leaves its result: for the whole machine, or, when it ran as an ordinary user, beside this file.
SYSTEM_CACHE=/var/cache/ganeti-busybox
OWN_CACHE=$(dirname "${BASH_SOURCE[0]}")/.cache
CACHE_DIR=${OSP_CACHE_DIR:-$SYSTEM_CACHE}
if [ -z "${OSP_CACHE_DIR:-}" ] && [ ! -e "$CACHE_DIR/disk.img" ] && [ -e "$OWN_CACHE/disk.img" ]; then
  CACHE_DIR=$OWN_CACHE
fi
TEMPLATE=$CACHE_DIR/disk.img
PARTITION_OFFSET=1M

export MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1

log() { printf '%s\n' "$*" >&2; }
die() { log "Error: $*"; exit 1; }

# Print the size of a file or block device in bytes.
size_of() {
  if [ -b "$1" ]; then blockdev --getsize64 "$1"; else stat --dereference --format %s "$1"; fi
}

is_ipv4() {
  local octet octets
  [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || return 1
  IFS=. read -ra octets <<<"$1"
  for octet in "${octets[@]}"; do [ "$((10#$octet))" -le 255 ] || return 1; done
}

is_ipv4_with_prefix() {
  [[ $1 == */* ]] || return 1
  is_ipv4 "${1%%/*}" && [[ ${1#*/} =~ ^[0-9]{1,2}$ ]] && [ "${1#*/}" -le 32 ]
}

# The address of the first NIC with its prefix length, nothing without one.
nic_address() {
  local address=${OSP_IP:-${NIC_0_IP:-}} subnet=${NIC_0_NETWORK_SUBNET:-}
  case $address in
    ''|*/*) printf '%s' "$address" ;;
    *) if [[ $subnet == */* ]]; then printf '%s/%s' "$address" "${subnet#*/}"; else printf '%s/24' "$address"; fi ;;
  esac
}

# Print the configuration of this instance, one KEY=VALUE per line.
instance_config() {
  printf 'hostname=%s\n' "$INSTANCE_NAME"
  printf 'address=%s\n' "$(nic_address)"
  printf 'gateway=%s\n' "${OSP_GATEWAY:-${NIC_0_NETWORK_GATEWAY:-}}"
  printf 'variant=%s\n' "${OS_VARIANT:-default}"
  if [ -n "${OSP_ROOT_PASSWORD:-}" ]; then
    # The password goes in by standard input, so that no process list shows it.
    printf 'password=%s\n' "$(printf '%s' "$OSP_ROOT_PASSWORD" | busybox mkpasswd -m sha512 -P 0)"
  fi
}

# write_file DISK NAME: put standard input into a file on the guest's partition.
write_file() {
  local content
  content=$(mktemp)
  cat >"$content"
  mcopy -o -i "$1@@$PARTITION_OFFSET" "$content" "::/$2" </dev/null || { rm -f "$content"; return 1; }
  rm -f "$content"
}

read_file() { mtype -i "$1@@$PARTITION_OFFSET" "::/$2"; }
