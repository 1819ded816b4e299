# The read-only run: what is there now, for every path, service and container that the document declares.

# check_machine: lines "file PATH KIND MODE OWNER SHA256", "key PATH KEY DIGEST|missing|differs", "service NAME STATE",
# "container NAME running|stopped|absent|foreign HASH|-", "on SERVICE|CONTAINER restart|reload PATH". A mode or owner that the
# document leaves alone shows as -; an entry for a runtime that is not here shows as it is wished, since nothing lacks.
check_machine() {
    survey_services
    resolve_targets
    join_targets
    while read -r kind declared actual mode owner sha n nkind nmode nids nnames nsha rest; do
        [ "$kind" != drop ] || continue
        [ "$owner" = - ] && nids=- || { ! is_owner || nids=$owner; }
        [ "$mode" != - ] || nmode=-
        case $kind in
        json | toml | block)
            check_keys
            [ "$nkind" != file ] || nsha=merged
            ;;
        esac
        step file "$declared" "$nkind" "$nmode $nids $nsha"
    done <"$work/joined"
    check_skipped
    while read -r name loaded running; do
        step service "$name" "$(service_state)"
    done <"$work/units"
    awk '$1 == "on" && $2 != "command" { print "on", $3, $2 == "reload" ? "reload" : "restart", $4 }' \
        "$work/entries" >>"$work/steps"
    check_containers
}

check_skipped() {
    while read -r kind declared when mode owner sha n rest; do
        case $kind in
        directory) sha=- shown=directory ;;
        file) shown='file' ;;
        absent) shown=absent ;;
        json | toml | block) shown=file sha=merged ;;
        *) continue ;;
        esac
        ! has "$when" || continue
        case $kind in
        json | toml | block)
            awk -F'\t' -v path="$declared" '$2 ~ /^[0-9a-f]+$/ && NF >= 3 { print "key", path, $3, $2 }' \
                "$(kept_content "$n")" >>"$work/steps"
            ;;
        esac
        step file "$declared" "$shown" "$mode $owner $sha"
    done <"$work/entries"
}

service_state() {
    case $loaded$running in
    no*) echo absent ;;
    yesyes) echo active ;;
    *) echo inactive ;;
    esac
}

check_keys() {
    operations=$(kept_content "$n")
    merge "$kind" status "$operations" "$actual" "" >"$work/status" ||
        awk -F'\t' '$2 ~ /^[0-9a-f]+$/ && NF >= 3 { print $3, "differs" }' "$operations" >"$work/status"
    while read -r key digest; do
        step key "$declared" "$key" "$digest"
    done <"$work/status"
}

# kept_content N: where content N lies, whether the document came by standard input or is the recorded one.
kept_content() {
    if [ "$recorded" = yes ]; then
        echo "$current/content/$1"
    else
        content "$1"
        echo "$work/content/$1"
    fi
}

check_containers() {
    awk '$1 == "container" { print $2 }' "$work/entries" >"$work/container.names"
    while read -r name; do
        look_at "$name"
        condition=running
        [ "$is_up" = yes ] || condition=stopped
        [ "$mine" = yes ] || condition=foreign
        [ "$exists" = yes ] || condition=absent
        step container "$name" "$condition" "${has_hash:--}"
    done <"$work/container.names"
}
