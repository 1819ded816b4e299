# Services: restarted or reloaded only if they ran before, and only done when they answer again.

# survey_services: $work/units gets "NAME LOADED ACTIVE" (yes or no) for each runtime and service that is asked for.
survey_services() {
    : >"$work/units"
    init_system
    awk '$1 == "service" || $1 == "require" { print $2 }
        $1 ~ /^(directory|file|absent|json|toml|block)$/ && $3 != "-" { sub(/[+].*/, "", $3); print $3 }' \
        "$work/entries" "$work/old.entries" | tr ',' '\n' | sort -u >"$work/asked"
    [ -s "$work/asked" ] || return 0
    if [ "$init" = systemd ]; then
        sed 's/$/.service/' "$work/asked" | xargs systemctl show -p Id,LoadState,ActiveState >"$work/show" 2>/dev/null
        awk -v asked="$work/asked" '
            function flush() { if (any && (getline name < asked) > 0) print name, loaded, active; any = 0; loaded = active = "no" }
            BEGIN { loaded = active = "no" }
            NF == 0 { flush(); next }
            { any = 1 }
            $0 == "LoadState=loaded" { loaded = "yes" }
            $0 ~ /^ActiveState=(active|reloading|activating)$/ { active = "yes" }
            END { flush() }' "$work/show" >"$work/units"
    else
        while read -r name; do
            survey_one
        done <"$work/asked"
    fi
}

survey_one() {
    loaded=no running=no
    if [ "$init" = openrc ] && [ -x "/etc/init.d/$name" ]; then
        loaded=yes
        rc-service "$name" status >/dev/null 2>&1 </dev/null && running=yes
    fi
    echo "$name $loaded $running" >>"$work/units"
}

init_system() {
    if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
        init=systemd
    elif command -v rc-service >/dev/null; then
        init=openrc
    else
        init=none
    fi
}

# has NAME[,NAME][+systemd|+openrc]: whether a runtime is here, as a service or as a program, under that init system.
has() {
    case $1 in
    -) return 0 ;;
    *,*+*)
        has "${1%%,*}+${1#*+}" || has "${1#*,}"
        return
        ;;
    *,*)
        has "${1%%,*}" || has "${1#*,}"
        return
        ;;
    *+*)
        [ "${1#*+}" = "$init" ] && has "${1%+*}"
        return
        ;;
    esac
    while read -r known loaded running; do
        [ "$known" != "$1" ] || [ "$loaded" = no ] || return 0
    done <"$work/units"
    case $1 in
    docker) command -v dockerd >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

ran_before() {
    grep -q "^$1 yes yes$" "$work/units" || { [ -f "$state/dirty" ] && grep -q " $1$" "$state/dirty"; }
}

# check_requirements: the runtimes that the document insists on.
check_requirements() {
    while read -r word name rest; do
        [ "$word" != require ] || has "$name" ||
            abort "$name is not on this machine; install it, or take it out of what is declared for it"
    done <"$work/entries"
}

# keep_running: leave to the triggers only services that run, and say so of the others.
keep_running() {
    while read -r word name; do
        case $word in
        restart | reload)
            if ! ran_before "$name"; then
                step service "$name" skipped "it does not run here, so nothing was restarted"
                continue
            fi
            ;;
        esac
        echo "$word $name"
    done <"$work/triggers" >"$work/triggers.kept"
    mv "$work/triggers.kept" "$work/triggers"
}

# reload_units: let systemd read unit files that changed.
reload_units() {
    grep -q '/systemd/system/' "$work/staged" 2>/dev/null || [ -f "$state/dirty" ] || return 0
    [ "$init" = systemd ] || return 0
    systemctl daemon-reload >"$work/output" 2>&1 </dev/null 9>&- ||
        abort "systemctl daemon-reload: $(one_line <"$work/output")"
}

act_on_services() {
    while read -r word name; do
        case $word in
        restart | reload)
            echo "$word $name" >>"$work/acted"
            if ! act_on "$word" "$name"; then
                service_log "$name" | quote "last log lines of $name on $host"
                abort "$name does not come up with the new settings: $failure"
            fi
            step service "$name" "${word}ed"
            ;;
        esac
    done <"$work/triggers"
}

# act_on restart|reload NAME: do it and wait until the service answers; else set $failure and return 1.
act_on() {
    read -r timeout settle rest <<EOT
$(entry service "$2")
EOT
    timeout=${timeout:-90} settle=${settle:-0}
    [ "$2 $1" != "docker restart" ] || remember_containers
    if ! service_call "$1" "$2" "$timeout"; then
        failure=$(one_line <"$work/output")
        return 1
    fi
    if ! await_service "$2" "$timeout" "$settle"; then
        failure="no answer within $timeout s: $(one_line <"$work/output")"
        return 1
    fi
    [ "$2 $1" != "docker restart" ] || start_remembered
}

service_call() {
    case $init in
    systemd)
        systemctl reset-failed "$2.service" >/dev/null 2>&1 </dev/null
        timeout "$3" systemctl "$1" "$2.service" >"$work/output" 2>&1 </dev/null 9>&-
        ;;
    *) timeout "$3" rc-service "$2" "$1" >"$work/output" 2>&1 </dev/null 9>&- ;;
    esac
}

is_active() {
    case $init in
    systemd) systemctl is-active "$1.service" ;;
    *) rc-service "$1" status ;;
    esac >"$work/output" 2>&1 </dev/null
}

answers() {
    is_active "$1" || return 1
    text_of service "$1" 5
    [ -z "$text" ] || timeout 20 sh "$text" >"$work/output" 2>&1 </dev/null
}

# await_service NAME TIMEOUT SETTLE: until it answers, and still does SETTLE seconds later.
await_service() {
    passed=0
    until answers "$1"; do
        [ "$passed" -lt "$2" ] || return 1
        sleep 1
        passed=$((passed + 1))
    done
    [ "$3" = 0 ] || { sleep "$3" && answers "$1"; }
}

service_log() {
    case $init in
    systemd) journalctl -u "$1.service" -n 6 --no-pager -o cat 2>/dev/null ;;
    esac
}

# A restart of dockerd ends containers that have no restart policy: those that ran are started again. Pods are kubelet's.
remember_containers() {
    [ -f "$state/containers" ] ||
        timeout 20 docker ps --no-trunc --format '{{.ID}} {{.Names}}' 2>/dev/null </dev/null |
        awk '$2 !~ /^k8s_/ { print $1 }' >"$state/containers"
}

start_remembered() {
    [ ! -s "$state/containers" ] || xargs docker start <"$state/containers" >/dev/null 2>"$work/output" ||
        step service docker "container-not-started" "$(one_line <"$work/output")"
    rm -f "$state/containers"
}

back_out_services() {
    cat "$work/acted" "$state/dirty" 2>/dev/null | awk '($1 == "restart" || $1 == "reload") && !seen[$2]++' \
        >"$work/acted.all"
    while read -r word name; do
        is_active "$name" || word=restart
        act_on "$word" "$name" || echo "$name: $failure" >>"$work/trouble"
    done <"$work/acted.all"
}
