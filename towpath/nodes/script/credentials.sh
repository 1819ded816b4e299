#!/bin/sh
# Answers kubelet's CredentialProviderRequest from a file with a line `HOST AUTH` for each registry, AUTH being the JSON
# object of the answer. kubelet is told not to keep answers, so that a new password counts at the next pull.
set -u
credentials=${TOWPATH_CREDENTIALS:-/etc/towpath/kubelet/credentials}
image=$(tr -d '\n' | sed -n 's/^.*"image"[[:space:]]*:[[:space:]]*"\([^"]*\)".*$/\1/p')
host=${image%%/*}
case $host in
"$image") host=docker.io ;;
*[.:]* | localhost) ;;
*) host=docker.io ;;
esac
[ "$host" != index.docker.io ] || host=docker.io
found=
if [ -r "$credentials" ]; then
    while read -r name auth; do
        [ "$name" != "$host" ] || found="\"$name\":$auth"
    done <"$credentials"
fi
printf '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '"cacheKeyType":"Registry","cacheDuration":"0s","auth":{%s}}\n' "$found"
