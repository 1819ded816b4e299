# The verbs: serve (commands on standard input, an answer each: lines "| TEXT", then "ok VALUE" or "failed REASON"), and
# watch PID, which puts the registry back if that process ends without having done so, or is silent for too long.

home=/var/lib/towpath-collection
units=/etc/systemd/system
name=
keep=
begun=no

say_ok() {
    printf 'ok %s\n' "${1:-}"
}

say_failed() {
    printf 'failed %s\n' "$(printf '%s' "$1" | tr '\n\t' '  ' | cut -c1-600)"
}

# abort MESSAGE: nothing can go on here; what was touched is put back by `finish`.
abort() {
    say_failed "$1"
    exit 10
}

# runs PID: whether that process is a run of ours; neither a process that has its number by chance nor a zombie is.
runs() {
    grep -q towpath "/proc/$1/cmdline" 2>/dev/null
}

uptime_seconds() {
    cut -d . -f 1 /proc/uptime
}

# allow SECONDS: how long from now the watcher lets this go on.
allow() {
    [ ! -d "$keep" ] || echo "$(($(uptime_seconds) + $1))" >"$keep/deadline"
}

use_name() {
    name=$1
    keep=$home/$name
    collector=$name-collector
    boot_unit=towpath-collection-boot-$name.service
}

# begin NAME CONFIG STORAGE CONTAINER_CONFIG IDLE_SECONDS
begin() {
    [ "$(id -u)" = 0 ] || abort "$(id -un) is not root here; log in as root, or say how to become root (sudo)"
    use_name "$1"
    config=$2 storage=$3 container_config=$4 idle_seconds=$5
    command -v docker >/dev/null || abort "there is no docker, so no registry in a container either"
    version=$(docker version -f '{{.Server.Version}}' 2>&1 </dev/null) || abort "dockerd does not answer: $version; start it"
    take_lock
    begun=yes
    recovered=
    if [ -d "$keep" ]; then
        put_back || abort "an earlier collection was interrupted, and the registry cannot be put back: $trouble"
        recovered=recovered
    fi
    image=$(docker inspect --type container -f '{{.Image}}' "$name" 2>/dev/null </dev/null) ||
        abort "there is no container $name here; run \`pulumi up\`, which makes it"
    user=$(docker inspect --type container -f '{{.Config.User}}' "$name" </dev/null)
    [ -f "$config" ] || abort "$config is not there; run \`pulumi refresh\` and \`pulumi up\`, which put it back"
    remove_collector || abort "there is a container $collector that is not ours; remove it"
    say_ok "$recovered"
}

remove_collector() {
    owner=$(docker inspect --type container -f '{{index .Config.Labels "towpath.collector"}}' "$collector" 2>/dev/null </dev/null) ||
        return 0
    [ "$owner" = "$name" ] && docker rm -f "$collector" >/dev/null 2>&1 </dev/null
}

# collector ACCESS SECONDS FLAG...: the registry's own program on its own storage and config, without a network.
# Not by an attached `docker run`, which on a busy machine sometimes does not notice that its container has ended.
collector() {
    mounted=$1 limit=$2
    shift 2
    docker create --name "$collector" --label "towpath.collector=$name" --network none --read-only --user "$user" \
        --cap-drop ALL --security-opt no-new-privileges --log-driver json-file --env OTEL_TRACES_EXPORTER=none \
        --volumes-from "$name$mounted" "$image" garbage-collect "$@" "$container_config" >/dev/null </dev/null &&
        docker start "$collector" >/dev/null </dev/null 9>&- || return 125
    ended=$(timeout -k 10 "$limit" docker wait "$collector" </dev/null 9>&-)
    docker logs "$collector" </dev/null 9>&-
    return "${ended:-124}"
}

# collect ACCESS SECONDS FLAG...: the collector's output; its failure is part of it.
collect() {
    allow "$(($2 + idle_seconds))"
    { collector "$@" 2>&1; echo "$?" >"$work/status"; } | sed 's/^/| /'
    status=$(cat "$work/status")
    remove_collector
    allow "$idle_seconds"
    case $status in
    0 | 1) say_ok "$status" ;;
    124) say_failed "it was not done within $2 s and was stopped; raise images.collection.timeout_minutes" ;;
    125) say_failed "its container cannot be started: look at dockerd's log" ;;
    *) say_failed "its container ended with exit code $status" ;;
    esac
}

# weigh SECONDS
weigh() {
    allow "$(($1 + idle_seconds))"
    bytes=$(timeout "$1" du -sb "$storage" 2>/dev/null | cut -f 1)
    [ -n "$bytes" ] || bytes=$(($(timeout "$1" du -sk "$storage" 2>/dev/null | cut -f 1) * 1024))
    [ "$bytes" -gt 0 ] 2>/dev/null && say_ok "$bytes" || say_failed "du cannot measure $storage"
}

# freeze BASE64: the config in its place, and the way back laid before anything is touched. The way back needs no space.
freeze() {
    lay_way_back "$1" 2>"$work/output" || {
        forget
        rm -f "$config.read-only"
        say_failed "cannot write beside $config or in $home: $(cat "$work/output"); nothing was touched"
        return
    }
    ln "$config" "$config.before-collection" 2>"$work/output" || cp -p "$config" "$config.before-collection" 2>"$work/output" || {
        forget
        rm -f "$config.read-only" "$config.before-collection"
        say_failed "cannot keep $config: $(cat "$work/output"); nothing was touched"
        return
    }
    mv -f "$config.read-only" "$config"
    restart
}

lay_way_back() {
    mkdir -p "$keep" &&
        cp "$0" "$keep/collect.sh" &&
        echo "$config" >"$keep/config" &&
        cp -p "$config" "$config.read-only" &&
        printf '%s' "$1" | base64 -d >"$config.read-only" &&
        sha256sum <"$config.read-only" >"$keep/digest" &&
        allow "$idle_seconds" &&
        [ -s "$config.read-only" ] && [ -s "$keep/digest" ] && [ -s "$keep/deadline" ] &&
        start_watch && lay_boot_unit
}

# For a machine that dies in the middle: its next start puts the registry back. Where there is no systemd, or nothing can
# be written there, the next collection does.
lay_boot_unit() {
    [ -d /run/systemd/system ] || return 0
    mkdir -p "$units/multi-user.target.wants" &&
        printf '%s\n' '[Unit]' "Description=Put registry $name back, whose garbage collection was cut off" \
            'After=docker.service' '[Service]' "ExecStart=/bin/sh $keep/collect.sh watch 0 $name" >"$units/$boot_unit" &&
        chmod 644 "$units/$boot_unit" &&
        ln -sf "../$boot_unit" "$units/multi-user.target.wants/$boot_unit" || remove_boot_unit
}

remove_boot_unit() {
    rm -f "$units/multi-user.target.wants/$boot_unit" "$units/$boot_unit"
}

# Outside the session, which some machines end with all its processes when the connection goes.
start_watch() {
    systemd-run --quiet --collect --unit="towpath-collection-$name" sh "$keep/collect.sh" watch "$$" "$name" \
        >/dev/null 2>&1 </dev/null 9>&- && return
    setsid sh "$keep/collect.sh" watch "$$" "$name" >/dev/null 2>&1 </dev/null 9>&- &
}

restart() {
    timeout -k 10 90 docker restart -t 10 "$name" >"$work/output" 2>&1 </dev/null 9>&- && say_ok || say_failed "$(cat "$work/output")"
}

thaw() {
    if [ -d "$keep" ]; then
        put_back && say_ok || say_failed "$trouble"
    else
        restart
    fi
}

# put_back: no collector runs, the config is the old file again, the server runs with it. Sets $trouble.
# A config that is no longer the read-only one was replaced by an `up` in between: it stays.
put_back() {
    trouble=
    remove_collector
    config=$(cat "$keep/config" 2>/dev/null)
    if [ -n "$config" ] && [ -e "$config.before-collection" ]; then
        if [ "$(sha256sum <"$config" 2>/dev/null)" = "$(cat "$keep/digest")" ] || [ ! -e "$config" ]; then
            mv -f "$config.before-collection" "$config" 2>"$keep/output" || {
                trouble="$config.before-collection cannot take its old name: $(cat "$keep/output")"
                return 1
            }
        else
            rm -f "$config.before-collection"
        fi
    fi
    [ -z "$config" ] || rm -f "$config.read-only"
    if docker inspect --type container "$name" >/dev/null 2>&1 </dev/null; then
        trouble=$(timeout -k 10 90 docker restart -t 10 "$name" 2>&1 >/dev/null </dev/null 9>&-) || return 1
    else
        trouble=$(docker version 2>&1 >/dev/null </dev/null) || return 1
    fi
    forget
    trouble=
}

forget() {
    remove_boot_unit
    rm -rf "$keep"
    rmdir "$home" 2>/dev/null
}

finish() {
    trap '' INT TERM
    [ "$begun" = no ] || [ ! -d "$keep" ] || put_back
    rm -rf "$work"
    release_lock
}

serve() {
    for area in /dev/shm /tmp; do
        [ -d "$area" ] && [ -w "$area" ] && break
    done
    work=$(mktemp -d "$area/towpath.work.$$.XXXXXX") || abort "cannot make a working folder in $area; free some space there"
    trap finish EXIT
    trap '' HUP PIPE
    trap 'exit 12' INT TERM
    while read -r verb rest; do
        case $begun$verb in
        nobegin) begin $rest ;;
        no*) ;;
        yesdry-run) collect :ro "$rest" --dry-run ;;
        yesconfig) say_ok "$(base64 <"$config" | tr -d '\n')" ;;
        yesfreeze) freeze "$rest" ;;
        yesweigh) weigh "$rest" ;;
        yescollect) collect '' "$rest" ;;
        yesthaw) thaw ;;
        *) say_failed "'$verb' is no command" ;;
        esac
        allow "${idle_seconds:-0}"
    done
}

# watch PID NAME
watch() {
    use_name "$2"
    trap '' HUP PIPE
    work=
    while runs "$1" && [ -d "$keep" ]; do
        if [ "$(uptime_seconds)" -gt "$(cat "$keep/deadline" 2>/dev/null || echo 0)" ]; then
            remove_collector
            kill -TERM "$1" 2>/dev/null
            sleep 15
            ! runs "$1" || kill -KILL "$1" 2>/dev/null
        fi
        sleep 1
    done
    tries=0
    while [ -d "$keep" ] && [ "$tries" -lt 60 ]; do
        take_lock
        [ ! -d "$keep" ] || put_back
        release_lock
        locked=no
        [ ! -d "$keep" ] || sleep 5
        tries=$((tries + 1))
    done
}

case ${1:-} in
serve) serve ;;
watch) watch "$2" "$3" ;;
esac
exit 0
