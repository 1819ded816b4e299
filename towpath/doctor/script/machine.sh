# The machine itself: daemons and their environment, space, names.

# look_at_unit NAME PROGRAM: lines "unit NAME PID ENABLED RELOAD", "planned NAME …" and "running NAME …" (base64): the
# environment that the unit would start with, and the one that its process has.
look_at_unit() {
    pid='' enabled='' reload=''
    : >"$work/planned"
    if [ -d /run/systemd/system ]; then
        systemctl show -p MainPID,UnitFileState,NeedDaemonReload "$1.service" >"$work/unit" 2>/dev/null </dev/null
        pid=$(sed -n 's/^MainPID=//p' "$work/unit")
        enabled=$(sed -n 's/^UnitFileState=//p' "$work/unit")
        reload=$(sed -n 's/^NeedDaemonReload=//p' "$work/unit")
        systemctl show -p Environment "$1.service" 2>/dev/null </dev/null | sed 's/^Environment=//' >"$work/planned"
    else
        pid=$(pidof "$2" 2>/dev/null | awk '{ print $1 }')
    fi
    [ -r "/proc/${pid:-0}/environ" ] || pid=0
    : >"$work/running.$1"
    [ "$pid" = 0 ] || : >"$work/runs.$1"
    [ "$pid" = 0 ] || proxy_variables "/proc/$pid/environ" >"$work/running.$1"
    echo "unit $1 $pid ${enabled:--} ${reload:--}"
    echo "planned $1 $(one_line <"$work/planned")"
    echo "running $1 $(one_line <"$work/running.$1")"
}

# proxy_variables FILE: the lines of a process's environment that name a proxy.
proxy_variables() {
    tr '\n\000' ' \n' <"$1" | grep -iE '^(CONTAINERD_)?(HTTP|HTTPS|NO|ALL)_PROXY='
}

# look_at_docker: what the running daemon says of itself: where it keeps images, and the proxies in force. One that is
# stopped is not asked: its socket would start it.
look_at_docker() {
    [ -f "$work/runs.docker" ] || return 0
    format='{{.DockerRootDir}}{{println}}{{.HTTPProxy}}{{println}}{{.HTTPSProxy}}{{println}}{{.NoProxy}}'
    timeout "$connect_seconds" docker info --format "$format" >"$work/docker" 2>/dev/null </dev/null || return 0
    echo "docker $(one_line <"$work/docker")"
    look_at_space "$(head -n 1 "$work/docker")"
}

# look_at_space FOLDER: "space FOLDER DEVICE TOTAL-KIB FREE-KIB".
look_at_space() {
    case $1 in
    *[[:space:]]*) return 0 ;;
    esac
    [ -d "$1" ] || return 0
    df -Pk "$1" 2>/dev/null | awk -v folder="$1" 'NR == 2 { print "space", folder, $1, $2, $4 }'
}

# resolve NAME: "resolve NAME ADDRESS,…", `-` for none and `?` where nobody can be asked.
resolve() {
    addresses='?'
    ! command -v getent >/dev/null ||
        addresses=$(getent hosts "$1" | awk '{ printf "%s%s", comma, $1; comma = "," }')
    echo "resolve $1 ${addresses:--}"
}
