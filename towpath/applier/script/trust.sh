# The OS trust store: where a CA goes, and what rebuilds the bundle, by distribution.

# trust_folder: set $trust. Debian, Ubuntu and Alpine; RHEL and Fedora; SUSE.
trust_folder() {
    if command -v update-ca-trust >/dev/null; then
        trust=/etc/pki/ca-trust/source/anchors
    elif command -v update-ca-certificates >/dev/null && [ -d /etc/pki/trust ]; then
        trust=/etc/pki/trust/anchors
    elif command -v update-ca-certificates >/dev/null; then
        trust=/usr/local/share/ca-certificates
    else
        abort "there is no update-ca-certificates or update-ca-trust; install the package ca-certificates, or leave the OS trust store out"
    fi
}

# trust_update run|undo: rebuild the bundle from what lies in the folders now; undo takes links to what has gone out too.
trust_update() {
    if command -v update-ca-trust >/dev/null; then
        update-ca-trust extract
    elif [ "$1" = undo ]; then
        update-ca-certificates --fresh
    else
        update-ca-certificates
    fi
}

# certs_folder: set $certs, the folder that containerd reads hosts.toml from: the first of config_path, if it is set.
certs_folder() {
    certs=
    [ ! -f /etc/containerd/config.toml ] || certs=$(sed -n \
        's/^[[:space:]]*config_path[[:space:]]*=[[:space:]]*["'\'']\(\/[^"'\'':]*\).*/\1/p' /etc/containerd/config.toml |
        head -n 1)
    certs=${certs:-/etc/containerd/certs.d}
}
