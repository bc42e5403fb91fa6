#!/usr/bin/env bash
# A Ceph object gateway on this machine for the tests, from the packages of Debian or Ubuntu. As root:
#   test/support/ceph.sh install
#   eval "$(test/support/ceph.sh up)"    (some 15 seconds; sets the variables that the tests look for)
#   test/support/ceph.sh down
# What it stores is in memory and gone afterwards. CEPH_DIR, CEPH_GATEWAY_PORT and CEPH_MONITOR_PORT let several run at once.
set -euo pipefail

folder=${CEPH_DIR:-/tmp/wordloom-ceph}
port=${CEPH_GATEWAY_PORT:-7480}
monitor=${CEPH_MONITOR_PORT:-36789}
access_key=wordloom
secret_key=wordloom-secret
export CEPH_CONF=$folder/ceph.conf

install() {
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ceph-mon ceph-mgr ceph-mgr-modules-core ceph-osd ceph-base ceph-common radosgw curl
}

down() {
  local file
  for file in "$folder"/run/*.pid; do
    [ -f "$file" ] && kill "$(cat "$file")" 2>/dev/null || true
  done
  for file in "$folder"/run/*.pid; do
    for _ in $(seq 50); do [ -f "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null && sleep 0.1 || break; done
  done
  rm -rf "$folder"
}

configure() {
  cat <<CONF
[global]
fsid = $1
mon host = [v2:127.0.0.1:$monitor/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mgr initial modules =
auth allow insecure global id reclaim = false
osd objectstore = memstore
memstore device bytes = 4294967296
run dir = $folder/run
admin socket = $folder/run/\$name.\$pid.asok
log file = $folder/log/\$name.log
pid file = $folder/run/\$name.pid
mon data = $folder/mon
mgr data = $folder/mgr
osd data = $folder/osd
[client]
keyring = $folder/keyring
rgw data = $folder/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = localhost
rgw thread pool size = 32
CONF
}

start() {
  local cluster osd id
  cluster=$(cat /proc/sys/kernel/random/uuid)
  mkdir -p "$folder"/{mon,mgr,osd,rgw,run,log}
  configure "$cluster" >"$CEPH_CONF"

  ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$folder/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  monmaptool --create --fsid "$cluster" --addv a "[v2:127.0.0.1:$monitor]" "$folder/monmap"
  ceph-mon --mkfs -i a --monmap "$folder/monmap" --keyring "$folder/keyring"
  ceph-mon -i a

  ceph auth get-or-create mgr.x mon 'allow *' osd 'allow *' -o "$folder/mgr/keyring"
  ceph-mgr -i x

  osd=$(cat /proc/sys/kernel/random/uuid)
  id=$(ceph osd create "$osd")
  # Its key is made before its store: mkfs would ask for it.
  ceph-authtool --create-keyring "$folder/osd/keyring" --gen-key -n "osd.$id"
  ceph auth add "osd.$id" mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' -i "$folder/osd/keyring"
  ceph-osd -i "$id" --mkfs --osd-uuid "$osd" --no-mon-config
  ceph-osd -i "$id"
  for _ in $(seq 60); do ceph osd stat | grep -q '1 up' && break; sleep 0.5; done

  timeout 90 radosgw -n client.admin
  for _ in $(seq 120); do curl -s -o "$folder/log/answer" "http://127.0.0.1:$port/" && break; sleep 0.5; done
  radosgw-admin user create --uid=wordloom --display-name=wordloom --access-key="$access_key" --secret-key="$secret_key"
  curl -sf -o "$folder/log/answer" "http://127.0.0.1:$port/"
}

case ${1:-} in
install) install ;;
up)
  down
  mkdir -p "$folder"
  # In the background, since within a condition a failure would not end it.
  start >"$folder/start.log" 2>&1 &
  if ! wait $!; then
    echo "The object gateway did not start:" >&2
    tail -20 "$folder/start.log" >&2
    down
    exit 1
  fi
  echo "export WORDLOOM_TEST_S3_ENDPOINT=http://127.0.0.1:$port"
  echo "export WORDLOOM_TEST_S3_ACCESS_KEY=$access_key"
  echo "export WORDLOOM_TEST_S3_SECRET_KEY=$secret_key"
  ;;
down) down ;;
*)
  sed -n '2,6s/^# \{0,1\}//p' "$0"
  exit 2
  ;;
esac
