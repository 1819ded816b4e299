#!/bin/sh
# Runs before each start of kubelet: puts our arguments behind those that the machine's own files give it, whatever they
# are by then. A kubelet that has a credential provider already is left as it is.
set -eu
umask 077
place=/run/towpath
file=$place/kubelet.env
if [ "${1-}" = forget ]; then
    rm -f $file
    exit 0
fi
theirs=${KUBELET_EXTRA_ARGS-}
case $theirs in *--image-credential-provider-*) exit 0 ;; esac
mkdir -p $place
quoted=$(printf '%s' "$theirs" | tr '\n' ' ' | sed 's/[\\"$`]/\\&/g')
ours="--image-credential-provider-config=/etc/towpath/kubelet/credential-provider.yaml"
ours="$ours --image-credential-provider-bin-dir=/etc/towpath/kubelet/bin"
printf 'KUBELET_EXTRA_ARGS="%s %s"\n' "$quoted" "$ours" >$file
