# The document's containers: what each needs is seen to before anything is touched; an old one stays until its successor
# answers. Names on the way: NAME-next (made, not started), NAME-previous (stopped, to come back or to go).

# survey_containers: $work/containers gets "NAME ACTION"; everything that can be refused is refused here.
survey_containers() {
    : >"$work/containers"
    awk '$1 == "container" { print $2 }' "$work/entries" "$work/old.entries" | sort -u >"$work/container.names"
    [ -s "$work/container.names" ] || return 0
    if ! command -v docker >/dev/null; then
        ! grep -q '^container ' "$work/entries" ||
            abort "there is no docker to run the container $(head -n 1 "$work/container.names"); install it"
        return 0
    fi
    docker version -f '{{.Server.Version}}' >/dev/null 2>"$work/output" </dev/null ||
        abort "dockerd does not answer: $(one_line <"$work/output"); start it"
    while read -r name; do
        survey_container
    done <"$work/container.names"
}

survey_container() {
    [ -d "$state/journal" ] || drop_previous "$name"
    look_at "$name"
    read -r image hash adopt wait_seconds options ports https auth <<EOT
$(awk -v name="$name" '$1 == "container" && $2 == name' "$work/entries" | cut -d ' ' -f 3-)
EOT
    if [ -z "$image" ]; then
        [ "$mine" = no ] || echo "$name remove" >>"$work/containers"
        return
    fi
    [ "$exists" = no ] || [ "$mine" = yes ] || [ "$adopt" = yes ] ||
        abort "there is a container $name that is not ours; remove it, take another name, or set adopt: true"
    if [ "$mine" = yes ] && [ "$has_hash" = "$hash" ]; then
        [ "$is_up" = yes ] && echo "$name keep" >>"$work/containers" || echo "$name restart" >>"$work/containers"
    else
        need_image
        need_ports
        echo "$name replace" >>"$work/containers"
    fi
}

# look_at NAME: set $exists, $mine, $has_hash, $is_up and $restarts.
look_at() {
    exists=no mine=no has_hash='' is_up=no restarts=0
    seen=$(docker inspect --type container -f '{{index .Config.Labels "towpath.document"}}/{{index .Config.Labels "towpath.hash"}}/{{.State.Running}}/{{.RestartCount}}' \
        "$1" 2>/dev/null </dev/null) || return 0
    exists=yes
    [ "${seen%%/*}" != "$id" ] || mine=yes
    seen=${seen#*/}
    has_hash=${seen%%/*}
    [ "$(echo "$seen" | cut -d / -f 2)" != true ] || is_up=yes
    restarts=${seen##*/}
}

need_image() {
    docker image inspect -f '{{.Id}}' "$image" >/dev/null 2>&1 </dev/null && return
    timeout 600 docker pull -q "$image" >"$work/output" 2>&1 </dev/null 9>&- ||
        abort "the image $image is not on this machine and cannot be pulled: $(one_line <"$work/output")"
    step image "$name" pulled "$image"
}

# need_ports: nothing else may listen where the container is to.
need_ports() {
    [ "$ports" != - ] || return 0
    content "$ports"
    published=" $(docker inspect --type container -f \
        '{{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}} {{end}}{{end}}' "$name" 2>/dev/null </dev/null) "
    while read -r address port; do
        case $is_up$published in
        yes*" $port "*) continue ;;
        esac
        listening "$address" "$port" || continue
        abort "port $port is in use by something else$(listener "$port"); stop it or take another port"
    done <"$work/content/$ports"
}

# listening ADDRESS PORT: whether a TCP socket would be in the way. Format of /proc/net/tcp: proc(5).
listening() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v address="$1" -v port="$2" '
        BEGIN {
            port = sprintf("%04X", port)
            if (split(address, part, ".") == 4) {
                hex = sprintf("%02X%02X%02X%02X", part[4], part[3], part[2], part[1])
                all = hex == "00000000"
            } else all = 1
        }
        $4 == "0A" && split($2, local, ":") == 2 && local[2] == port {
            if (all || local[1] ~ /^0+$/ || local[1] == hex || local[1] == ("0000000000000000FFFF0000" hex)) found = 1
        }
        END { exit !found }'
}

listener() {
    taken=$(docker ps --filter "publish=$1" --format '{{.Names}}' 2>/dev/null </dev/null | head -n 1)
    if [ -n "$taken" ]; then
        printf ' (the container %s)' "$taken"
    elif command -v ss >/dev/null; then
        taken=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1, pid \2/p' | head -n 1)
        [ -z "$taken" ] || printf ' (%s)' "$taken"
    fi
}

# plan_containers: a container whose files change is restarted, unless it is replaced anyway.
plan_containers() {
    awk -v triggers="$work/triggers" '
        BEGIN { while ((getline line < triggers) > 0) { split(line, f, " "); if (f[1] == "container") hit[f[2]] = 1 } }
        { print $1, ($2 == "keep" && ($1 in hit)) ? "restart" : $2 }' "$work/containers" >"$work/containers.new"
    mv "$work/containers.new" "$work/containers"
}

act_on_containers() {
    while read -r name action; do
        case $action in
        keep) confirm_container ;;
        restart) restart_container ;;
        replace) replace_container ;;
        remove) remove_container ;;
        esac
    done <"$work/containers"
}

container_failed() {
    docker logs --tail 6 "$name" 2>&1 </dev/null | quote "last log lines of the container $name on $host"
    abort "the container $name $1: $(one_line <"$work/output")"
}

confirm_container() {
    read_container
    await_container || container_failed "does not answer"
    step container "$name" unchanged
}

restart_container() {
    read_container
    echo "$name restarted" >>"$work/swapped"
    docker restart -t 10 "$name" >"$work/output" 2>&1 </dev/null 9>&- || container_failed "cannot be restarted"
    await_container || container_failed "does not answer"
    step container "$name" restarted
}
