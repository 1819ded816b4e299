# The way back: from a failure in this run, or from a run that was killed.

# restore_files: put back every file that the journal knows, and only where it differs.
restore_files() {
    [ -f "$state/journal/changes" ] || return 0
    while read -r number declared actual nkind nmode nids op; do
        problem=$(restore_one 2>&1) || echo "$actual: $problem" >>"$work/trouble"
    done <"$state/journal/changes"
}

restore_one() {
    saved=$state/journal/saved/$number
    case $nkind in
    absent) [ "$op" = folder ] || rm -f "$actual" ;;
    directory) chown "$nids" "$actual" && chmod "$nmode" "$actual" ;;
    link) [ -L "$actual" ] || { rm -f "$actual" && ln -s "$(cat "$saved")" "$actual"; } ;;
    file)
        if [ ! -L "$actual" ] && cmp -s "$saved" "$actual"; then
            chown "$nids" "$actual" && chmod "$nmode" "$actual"
        else
            mkdir -p "${actual%/*}" && cp -p "$saved" "${actual%/*}/.towpath-$id-back" &&
                put_in_place "${actual%/*}/.towpath-$id-back" "$actual"
        fi
        ;;
    esac
}

# discard_staged: remove what was written beside its place, and the folders made for it.
discard_staged() {
    [ "$locked" = yes ] && [ -n "$state" ] && [ -f "$state/staging" ] || return 0
    awk '$1 == "temp" { print $2 }' "$state/staging" | xargs rm -f
    prune_folders "$state/staging"
    rm -rf "$state/journal.new"
    [ -d "$state/journal" ] || { drop_generation; rm -rf "$state/staging"; }
    [ -n "$current" ] || [ -d "$state/journal" ] || [ -f "$state/dirty" ] || forgotten=yes
}

drop_generation() {
    for generation_folder in "$state"/g*; do
        [ "$generation_folder" = "$current" ] || rm -rf "$generation_folder"
    done
}

prune_folders() {
    awk '$1 == "folder" { folder[++n] = $2 } END { while (n) print folder[n--] }' "$1" >"$work/prune"
    while read -r folder; do
        [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || :
    done <"$work/prune"
}

# recover: a run was killed. Before it was committed, its files are put back, and what was hung on them is remembered;
# after that, what it had left to tidy up is done.
recover() {
    if killed_before_commit; then
        put_back_killed
        remember_followers
        step run "$id" recovered "the run before was killed; its changes were put back first"
    elif [ -n "$killed_generation" ] && [ "$killed_generation" = "$current" ]; then
        cp "$state/journal/containers" "$work/swapped" 2>/dev/null
        reach_dockerd
        tidy_up
        rm -f "$work/swapped"
    fi
    drop_journal || abort "cannot write $state"
    if [ -f "$state/staging" ]; then
        awk '$1 == "temp" { print $2 }' "$state/staging" | xargs rm -f
        prune_folders "$state/staging"
        : >"$state/staging"
    fi
    rm -rf "$state/journal.new"
    drop_generation
    [ -f "$state/dirty" ] || rm -rf "$state/killed"
    grep -E '^(run|undo) ' "$state/dirty" >"$work/left" 2>/dev/null
    read_killed
}

# killed_before_commit: whether a run left a journal that has to be played back; set $killed_generation. A recovery that
# was killed as well may have done that: the generation is put aside after it.
killed_before_commit() {
    killed_generation=
    [ -s "$state/journal/generation" ] && read -r killed_generation <"$state/journal/generation" || return 1
    killed_generation=$state/$killed_generation
    [ "$killed_generation" != "$current" ] && [ -d "$killed_generation" ]
}

put_back_killed() {
    recover_containers "$killed_generation/entries"
    restoring=yes
    restore_files
    return_containers
    restoring=no
    rm -f "$work/swapped"
    [ ! -s "$work/trouble" ] ||
        abort "a run was killed here, and what it left cannot be put back: $(one_line <"$work/trouble")"
}

# drop_journal: by a rename first. A run that is killed while it removes the journal must not leave one that is taken for
# whole and put back over what is in force.
drop_journal() {
    rm -rf "$state/journal.old"
    [ -d "$state/journal" ] || return 0
    mv "$state/journal" "$state/journal.old" && rm -rf "$state/journal.old"
}

# remember_followers: the files are back; what was hung on them has yet to follow, even if this run does not get there.
remember_followers() {
    killed_before_commit || return 0
    {
        cat "$state/journal/triggers" >>"$state/dirty" && keep_earlier_killed && rm -rf "$state/killed" &&
            mv "$killed_generation" "$state/killed"
    } || abort "cannot write $state"
    read_killed
}

# keep_earlier_killed: what a run that was killed earlier left to follow may stand in its document alone, so the newer
# one takes over its commands, services and containers, with their contents under other names.
keep_earlier_killed() {
    [ -f "$state/killed/entries" ] || return 0
    for kept in "$state"/killed/content/*; do
        [ ! -f "$kept" ] || cp "$kept" "$killed_generation/content/${kept##*/}.earlier" || return 1
    done
    awk '
        function earlier(n) { if ($n != "-") $n = $n ".earlier" }
        $1 == "mask" { earlier(2); print }
        $1 == "command" { earlier(3); earlier(4); print }
        $1 == "service" { earlier(5); print }
        $1 == "container" { earlier(9); print }' "$state/killed/entries" >"$work/earlier" &&
        cat "$killed_generation/entries" "$work/earlier" >"$killed_generation/entries.new" &&
        mv "$killed_generation/entries.new" "$killed_generation/entries"
}

read_killed() {
    [ -f "$state/killed/entries" ] || return 0
    cp "$state/killed/entries" "$work/killed.entries"
    while read -r kind n rest; do
        [ "$kind" != mask ] || cat "$state/killed/content/$n" >>"$work/mask"
    done <"$work/killed.entries"
}

# roll_back: this run failed. Files, commands, services and containers as before, each checked. Commands that an earlier,
# killed run left to follow are left to the next one again.
roll_back() {
    restoring=yes
    documents="old.entries entries killed.entries"
    back_out_containers
    restore_files
    if [ ! -s "$work/trouble" ]; then
        remember_followers
        [ -s "$work/trouble" ] || drop_journal || abort "cannot write $state"
    fi
    back_out_commands
    reload_units
    back_out_services
    return_containers
    [ -s "$work/trouble" ] || forget_followers
    discard_staged
}

# forget_followers: all but the commands that were left to this run when it began.
forget_followers() {
    if [ -s "$work/left" ]; then
        cp "$work/left" "$state/dirty.new" && mv "$state/dirty.new" "$state/dirty" || abort "cannot write $state/dirty"
    else
        rm -rf "$state/dirty" "$state/killed"
    fi
}

# commit: the new generation is in force, whatever comes.
commit() {
    live=no
    echo "$generation" >"$state/current.new" && mv "$state/current.new" "$state/current" ||
        { live=yes && abort "cannot write $state/current"; }
    current=$next
    trap '' INT TERM
    tidy_up
}

# tidy_up: what only the old generation needed goes, and the journal last: a run that is killed before leaves it to the
# next one.
tidy_up() {
    drop_generation
    prune_made
    drop_all_previous
    rm -rf "$state/dirty" "$state/killed" "$state/staging"
    drop_journal
}

# prune_made: remove the folders that were made for files that have gone, unless something else lies in them.
prune_made() {
    sort -r "$current/dirs" >"$work/prune"
    while read -r folder; do
        awk -v folder="$folder" '$3 == folder || index($3, folder "/") == 1 { used = 1 } END { exit !used }' \
            "$current/manifest" && continue
        rmdir "$folder" 2>/dev/null || [ ! -d "$folder" ] ||
            step directory "$folder" left "something else lies in it"
    done <"$work/prune"
}

# forget_state: the script goes last. Should this be killed, the next delete finds it and goes on.
forget_state() {
    rm -f "$state/current"
    for part in "$state"/*; do
        [ "$part" = "$state/applier.sh" ] || rm -rf "$part"
    done
    rm -rf "$state"
    rmdir "$home" 2>/dev/null || :
}
