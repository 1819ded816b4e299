#!/bin/sh
# Start containerd and dockerd of the lab: daemon.sh RUN_DIRECTORY CONTAINERD_LOG, under `unshare --mount`.
# In this private mount namespace /etc is covered by a throw-away layer without /etc/docker and /etc/containerd, and
# /run/containerd and /run/docker, where sockets are, by empty ones: no setting or socket of another Docker is read or
# written, and every mount goes when the last process of the lab does.
set -eu
run=$1
log=$2
mount -t tmpfs -o mode=0700 tmpfs "$run/scratch"
mkdir "$run/scratch/etc" "$run/scratch/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$run/scratch/etc,workdir=$run/scratch/work" /etc
rm -rf /etc/docker /etc/containerd
mount -t tmpfs -o mode=0711 tmpfs /run/containerd
mount -t tmpfs -o mode=0711 tmpfs /run/docker
containerd --config "$run/containerd.toml" >>"$log" 2>&1 &
echo $! >"$run/containerd.pid"
exec dockerd --config-file "$run/daemon.json"
