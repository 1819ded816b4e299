# What this machine is: distribution, init system, runtimes with their versions.

discover_machine() {
    distribution=unknown version=unknown
    for release in /etc/os-release /usr/lib/os-release; do
        [ -f "$release" ] || continue
        distribution=$(release_field ID)
        version=$(release_field VERSION_ID)
        break
    done
    step machine "$host" "${distribution:-unknown}" "${version:-unknown}"
    init_system
    step init "$init" found
    for name in docker containerd crio k3s k3s-agent rke2-server rke2-agent kubelet podman; do
        echo "service $name"
    done >"$work/entries"
    survey_services
    while read -r name loaded running; do
        has_program "$name" || [ "$loaded" = yes ] || continue
        step runtime "$name" "$(service_state)" "$(runtime_version "$name")"
    done <"$work/units"
    [ "$init" != none ] || for name in docker containerd podman; do
        has_program "$name" && step runtime "$name" inactive "$(runtime_version "$name")"
    done
}

release_field() {
    sed -n "s/^$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p" "$release" | head -n 1
}

has_program() {
    case $1 in
    docker) command -v dockerd >/dev/null ;;
    k3s-agent) return 1 ;;
    rke2-*) return 1 ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

runtime_version() {
    case $1 in
    docker) dockerd --version ;;
    k3s-agent) k3s --version ;;
    rke2-*) rke2 --version ;;
    *) "$1" --version ;;
    esac 2>/dev/null </dev/null | sed -n '1s/^[^0-9]*\([0-9][0-9A-Za-z.+~-]*\).*/\1/p'
}

# program_arguments SERVICE PROGRAM: how it is started, by its unit and by the process that runs.
program_arguments() {
    if [ "$init" = systemd ]; then
        systemctl show -p ExecStart "$1.service" 2>/dev/null </dev/null | sed 's/.*argv\[\]=//; s/ ; .*//'
    elif [ -f "/etc/conf.d/$1" ]; then
        grep -v '^#' "/etc/conf.d/$1" | tr '"' ' '
    fi
    for process in $(pidof "$2" 2>/dev/null); do
        tr '\000' ' ' <"/proc/$process/cmdline"
    done
}
