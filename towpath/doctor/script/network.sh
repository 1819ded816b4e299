# The ways out of the machine: TLS by openssl, pulls by each runtime.

# speak_tls ID HOST PORT KIND NAME CA PROXY USER PASSWORD: "tls ID EXIT STATUS STDERR", the last in base64. The answer
# counts whether or not the certificate holds: what is wrong with it stands in STDERR.
speak_tls() (
    id=$1 place=$2:$3 host=$2 kind=$4 name=$5 ca=$6 proxy=$7 user=$8 password=$9
    own=$work/tls.$id
    set -- s_client -quiet -connect "$place" "-$kind" "$name"
    [ "$kind" = verify_ip ] || set -- "$@" -servername "$name"
    [ "$ca" = - ] || set -- "$@" -CAfile "$work/content.$ca"
    [ "$proxy" = - ] || set -- "$@" -proxy "$proxy"
    [ "$user" = - ] || set -- "$@" -proxy_user "$(cat "$work/content.$user")"
    [ "$password" = - ] || set -- "$@" -proxy_pass "file:$work/content.$password"
    # An openssl that ends at once leaves nobody to write to, which printf would tell.
    printf 'GET /v2/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$place" 2>/dev/null |
        timeout "$connect_seconds" openssl "$@" >"$own.out" 2>"$own.err"
    code=$?
    status=$(sed -n '1s/^HTTP\/[0-9.]* \([0-9]*\).*/\1/p' "$own.out")
    echo "tls $id $code ${status:--} $(one_line <"$own.err")" >"$own.answer"
)

# pull NUMBER RUNTIME ENDPOINT CONFIG: "pull RUNTIME ENDPOINT EXIT OUTPUT", the last in base64. What is asked for does
# not exist, so nothing stays on the machine.
pull() (
    own=$work/pull.$1 runtime=$2 endpoint=$3 config=$4
    image=$endpoint/towpath-doctor/absent:probe
    mkdir "$own.config"
    [ "$config" = - ] || cp "$work/content.$config" "$own.config/config.json"
    pull_by "$runtime" "$image" "$own.config" >"$own.out" 2>&1 </dev/null
    echo "pull $runtime $endpoint $? $(one_line <"$own.out")" >"$own.answer"
)

# pull_by RUNTIME IMAGE CONFIG-FOLDER. Only Docker and podman take a password otherwise than by argument.
pull_by() {
    case $1 in
    docker) DOCKER_CONFIG=$3 timeout "$pull_seconds" docker pull "$2" ;;
    podman) podman_pull "$2" "$3/config.json" ;;
    containerd) containerd_pull "$2" ;;
    crio) cri_pull crictl /run/crio/crio.sock "$2" ;;
    k3s*) timeout "$pull_seconds" k3s crictl pull "$2" ;;
    rke2*) cri_pull /var/lib/rancher/rke2/bin/crictl /run/k3s/containerd/containerd.sock "$2" ;;
    *) return 127 ;;
    esac
}

podman_pull() {
    if [ -f "$2" ]; then
        timeout "$pull_seconds" podman pull --authfile "$2" "$1"
    else
        timeout "$pull_seconds" podman pull "$1"
    fi
}

cri_pull() {
    timeout "$pull_seconds" "$1" --runtime-endpoint "unix://$2" --image-endpoint "unix://$2" pull "$3"
}

# containerd_pull IMAGE: by CRI as kubelet does it, else by ctr, which resolves by itself: so it is given the daemon's
# own hosts.toml files and proxies.
containerd_pull() {
    if command -v crictl >/dev/null; then
        cri_pull crictl /run/containerd/containerd.sock "$1"
        return
    fi
    certs_folder
    while IFS= read -r variable; do
        export "${variable?}"
    done <"$work/running.containerd"
    timeout "$pull_seconds" ctr -n k8s.io images pull --hosts-dir "$certs" "$1"
}
