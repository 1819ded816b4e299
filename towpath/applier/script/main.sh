# The verbs: apply, check, delete, discover.

apply_document() {
    make_state
    recover
    survey_services
    check_requirements
    resolve_targets
    join_targets
    refuse_foreign
    make_plan
    survey_containers
    : >"$work/made"
    : >"$work/staged"
    if [ ! -s "$work/changes" ] && [ ! -f "$state/dirty" ] && cmp -s "$work/entries" "$work/old.entries" &&
        [ -n "$current" ] && ! grep -qv ' keep$' "$work/containers"; then
        act_on_containers
        cmp -s "$script" "$state/applier.sh" || keep_script
        rm -f "$state/staging"
        report unchanged
        return
    fi
    stage
    find_triggers
    keep_running
    plan_containers
    write_generation
    write_journal
    retire_containers
    switch_over
    run_commands
    reload_units
    act_on_services
    act_on_containers
    commit
    if [ "$touched" = yes ] || [ -s "$work/triggers" ] || grep -qv ' keep$' "$work/containers"; then
        report changed
    else
        report unchanged
    fi
}

# report STATUS: the result, unless the caller has more to do.
report() {
    status=$1
}

# delete_document: an empty document in the place of the recorded one, then its state goes too.
delete_document() {
    if [ ! -d "$state" ]; then
        result unchanged
        exit 0
    fi
    : >"$work/entries"
    apply_document
    forgotten=yes
}

take_script() {
    script=$work/applier.sh
    awk '{ print } $0 == "#DOCUMENT" { exit }' "$0" >"$script"
}

main() {
    make_work
    [ "$(id -u)" = 0 ] || abort "$(id -un) is not root here; log in as root, or say how to become root (sudo)"
    recorded=no
    take_script
    : >"$work/entries"
    : >"$work/old.entries"
    case $verb in
    apply)
        read_document "$0"
        take_lock
        use_id "$id"
        apply_document
        ;;
    check)
        await_lock
        if [ -n "${2:-}" ]; then
            recorded=yes
            use_id "$2"
            cp "$work/old.entries" "$work/entries"
        else
            read_document "$0"
        fi
        check_machine
        status=checked
        ;;
    delete)
        use_id "$2"
        take_lock
        use_id "$2"
        delete_document
        ;;
    discover)
        discover_machine
        status=discovered
        ;;
    *) abort "'$verb' is not a verb; use apply, check, delete or discover" ;;
    esac
    result "$status"
    exit 0
}

main "$@"
exit
#DOCUMENT
