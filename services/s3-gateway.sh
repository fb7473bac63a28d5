#!/bin/sh
# Ceph's S3 gateway on a cluster of one monitor and one object store in memory, in the folder that this is started in and that holds its
# ceph.conf. Arguments: the address of the monitor, the access key and the secret of its one user. All of it ends with this shell.
set -e
monitor=$1 key=$2 secret=$3
fsid=$(sed -n 's/^fsid = //p' ceph.conf)

rm -rf mon osd run rgw monmap
mkdir -p mon osd run rgw
monmaptool --create --clobber --addv a "$monitor" --fsid "$fsid" monmap >/dev/null

# as_child COMMAND...: a child that the kernel kills when this shell ends, however it ends.
as_child() {
  setpriv --pdeathsig KILL "$@" &
}
trap 'exit 0' TERM INT

ceph-mon -c ceph.conf --mkfs -i a --monmap monmap
as_child ceph-mon -c ceph.conf -i a -f
uuid=$(cat /proc/sys/kernel/random/uuid)
ceph -c ceph.conf --connect-timeout 20 osd new "$uuid" >/dev/null
ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$uuid"
as_child ceph-osd -c ceph.conf -i 0 -f
radosgw-admin -c ceph.conf -n client.rgw user create --uid=nexus --display-name=nexus --access-key="$key" --secret="$secret" >/dev/null
as_child radosgw -c ceph.conf -n client.rgw --auth-client-required=none --auth-supported=none --no-mon-config -f
wait
