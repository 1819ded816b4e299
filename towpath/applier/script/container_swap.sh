# Replacing and removing containers, and the way back.

read_container() {
    read -r image hash adopt wait_seconds options ports https auth <<EOT
$(entry container "$name")
EOT
}

replace_container() {
    read_container
    look_at "$name"
    replaced=$exists
    create_next
    echo "$name swapped" >>"$work/swapped"
    touched=yes
    if [ "$exists" = yes ]; then
        set_aside || container_failed "cannot be set aside"
    fi
    docker rename "$name-next" "$name" >"$work/output" 2>&1 </dev/null || container_failed "cannot take its name"
    docker start "$name" >"$work/output" 2>&1 </dev/null 9>&- || container_failed "does not start"
    await_container || container_failed "does not answer"
    step container "$name" "$([ "$replaced" = yes ] && echo replaced || echo created)" "$image"
}

# create_next: make the new container without starting it, so that what is wrong with it is known while the old one runs.
create_next() {
    docker rm -f "$name-next" >/dev/null 2>&1 </dev/null
    content "$options"
    set --
    while IFS= read -r line; do
        case $line in
        'o '*) set -- "$@" "${line#o }" ;;
        esac
    done <"$work/content/$options"
    set -- "$@" --label "towpath.document=$id" --label "towpath.hash=$hash" "$image"
    while IFS= read -r line; do
        case $line in
        'c '*) set -- "$@" "${line#c }" ;;
        esac
    done <"$work/content/$options"
    docker create --name "$name-next" "$@" >"$work/output" 2>&1 </dev/null 9>&- ||
        abort "the container $name cannot be made: $(one_line <"$work/output")"
}

# set_aside: stop the old container and free its name. One that was not ours is kept for a delete to bring back.
set_aside() {
    if [ "$mine" = yes ]; then
        aside=$name-previous
    else
        aside=$name-before-towpath
        mkdir -p "$state/adopted" && docker inspect --type container -f \
            '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}' \
            "$name" >"$state/adopted/$name" 2>"$work/output" </dev/null || return 1
        docker update --restart=no "$name" >"$work/output" 2>&1 </dev/null || return 1
    fi
    docker stop -t 10 "$name" >"$work/output" 2>&1 </dev/null &&
        docker rename "$name" "$aside" >"$work/output" 2>&1 </dev/null
}

# retire_containers: what goes stops before its files go, or it would answer without them until it is gone.
retire_containers() {
    while read -r name action; do
        [ "$action" != remove ] || retire_container
    done <"$work/containers"
}

retire_container() {
    live=yes touched=yes
    look_at "$name"
    echo "$name swapped" >>"$work/swapped"
    set_aside || container_failed "cannot be stopped"
}

remove_container() {
    if [ -f "$state/adopted/$name" ]; then
        bring_back || container_failed "that was here before cannot be brought back"
        step container "$name" restored "the one that was here before runs again"
    else
        step container "$name" removed
    fi
}

# bring_back: give back its name, restart policy and state to the container that was here before ours.
bring_back() {
    docker rename "$name-before-towpath" "$name" >"$work/output" 2>&1 </dev/null && revive
}

revive() {
    read -r was_running policy <"$state/adopted/$name"
    case $policy in
    on-failure:*) ;;
    *) policy=${policy%%:*} ;;
    esac
    docker update --restart="${policy:-no}" "$name" >"$work/output" 2>&1 </dev/null || return 1
    [ "$was_running" != true ] || docker start "$name" >"$work/output" 2>&1 </dev/null 9>&-
}

# await_container: until it runs and its check passes; one that ends again and again is not waited for.
await_container() {
    passed=0
    while :; do
        look_at "$name"
        if [ "$is_up" = yes ] && https_answers 200; then
            return 0
        fi
        [ "$is_up" = yes ] && [ "$restarts" -lt 2 ] || echo "it ends again and again" >"$work/output"
        if [ "$passed" -ge "$wait_seconds" ] || [ "$restarts" -ge 3 ] || [ "$exists" = no ]; then
            return 1
        fi
        sleep 1
        passed=$((passed + 1))
    done
}

# back_out_containers: stop what this run has started, before its files go.
back_out_containers() {
    [ -f "$work/swapped" ] || return 0
    while read -r name how; do
        [ "$how" != swapped ] || step_back "$name"
    done <"$work/swapped"
}

# step_back NAME: NAME is again the container that stood there before the swap, wherever the swap was left.
step_back() {
    docker rm -f "$1-next" >/dev/null 2>&1 </dev/null
    look_at "$1-previous"
    if [ "$exists" = yes ]; then
        clear_name "$1"
        rename_back "$1-previous" "$1"
    elif ! grep -q "^container $1 " "$work/old.entries"; then
        remove_ours "$1"
        look_at "$1-before-towpath"
        [ "$exists" = no ] || [ ! -f "$state/adopted/$1" ] || rename_back "$1-before-towpath" "$1"
    fi
}

# clear_name NAME: our new container goes; one that was here before ours is put aside again.
clear_name() {
    look_at "$1"
    if [ "$mine" = yes ]; then
        docker rm -f "$1" >/dev/null 2>"$work/output" </dev/null
    elif [ "$exists" = yes ]; then
        docker update --restart=no "$1" >/dev/null 2>&1 </dev/null
        docker stop -t 10 "$1" >/dev/null 2>&1 </dev/null
        rename_back "$1" "$1-before-towpath"
    fi
}

rename_back() {
    docker rename "$1" "$2" >/dev/null 2>"$work/output" </dev/null ||
        echo "the container $2: $(one_line <"$work/output")" >>"$work/trouble"
}

remove_ours() {
    look_at "$1"
    [ "$mine" = no ] || docker rm -f "$1" >/dev/null 2>"$work/output" </dev/null
}

# return_containers: the old files are back; start the old containers and see that they answer, whoever may log in.
return_containers() {
    [ -f "$work/swapped" ] || return 0
    while read -r name how; do
        look_at "$name"
        [ "$exists" = yes ] || continue
        start_again || echo "the container $name: $(one_line <"$work/output")" >>"$work/trouble"
    done <"$work/swapped"
}

start_again() {
    if [ "$mine" = no ]; then
        [ -f "$state/adopted/$name" ] || return 0
        revive && rm -f "$state/adopted/$name"
        return
    fi
    docker restart -t 10 "$name" >"$work/output" 2>&1 </dev/null 9>&- || return 1
    await_old
}

# recover_containers: the same for a run that was killed, for every container that it may have been at.
recover_containers() {
    awk '$1 == "container" { print $2, "swapped" }' "$1" "$work/old.entries" | sort -u >"$work/swapped"
    reach_dockerd
    back_out_containers
}

# reach_dockerd: a run was killed that had to do with the containers in $work/swapped; without docker there are none.
reach_dockerd() {
    [ -s "$work/swapped" ] && command -v docker >/dev/null || { rm -f "$work/swapped"; return 0; }
    docker version >/dev/null 2>&1 </dev/null ||
        abort "a run was killed here while it was at containers, and dockerd does not answer; start it"
}

await_old() {
    read -r image hash adopt wait_seconds options ports https auth <<EOT
$(awk -v name="$name" '$1 == "container" && $2 == name' "$work/old.entries" | cut -d ' ' -f 3-)
EOT
    passed=0
    until look_at "$name" && [ "$is_up" = yes ] && https_answers any; do
        [ "$passed" -lt "${wait_seconds:-30}" ] || return 1
        sleep 1
        passed=$((passed + 1))
    done
}

# drop_previous NAME: the swap is committed; nothing needs the old container any more.
drop_previous() {
    docker inspect --type container "$1-previous" >/dev/null 2>&1 </dev/null || return 0
    docker rm -f "$1-previous" >/dev/null 2>&1 </dev/null
}

drop_all_previous() {
    [ -f "$work/swapped" ] || return 0
    while read -r name how; do
        drop_previous "$name"
        grep -q "^container $name " "$current/entries" || rm -f "$state/adopted/$name"
    done <"$work/swapped"
}
