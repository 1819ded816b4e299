# From plan to machine: everything is written beside its place first, then a journal, then the renames.
# $state/staging lists what a killed run may leave behind; $state/journal holds what to put back if the run does not end.

# make_state: the document's own folder, open to root alone, with what a delete runs: also of a run that ends in the middle.
make_state() {
    problem=$( (mkdir -p "$home" "$state" && chmod 0700 "$home" "$state") 2>&1) || abort "cannot write $state: $problem"
    [ -f "$state/applier.sh" ] || keep_script 2>/dev/null || abort "cannot write $state"
    : >>"$state/staging" || abort "cannot write $state"
}

keep_script() {
    cp "$script" "$state/applier.new" && mv "$state/applier.new" "$state/applier.sh"
}

# stage: write every new content beside its place, and the generation that will be committed.
stage() {
    number=0
    : >"$work/staged"
    while read -r op declared actual trigger mode owner source rest; do
        number=$((number + 1))
        temp=-
        case $op in
        put)
            make_folders "${actual%/*}"
            temp=${actual%/*}/.towpath-$id-$number
            note_staged "temp $temp"
            stage_file
            validate "$temp"
            ;;
        folder) make_folders "$actual" ;;
        esac
        printf '%s\n' "$temp $op $declared $actual $trigger $mode $owner $source $rest" >>"$work/staged"
    done <"$work/changes"
}

# note_staged LINE: before it is made, so that nothing is ever left behind that is not noted.
note_staged() {
    echo "$1" 2>/dev/null >>"$state/staging" || abort "cannot write $state/staging; the disk is full or read-only"
}

stage_file() {
    problem=$({
        rm -f "$temp" && cp -p "$source" "$temp" && chown "$owner" "$temp" && chmod "$mode" "$temp"
    } 2>&1) || abort "cannot write $actual: $(echo "$problem" | one_line)"
}

# make_folders PATH: make what is missing of a path; the folders that were made are remembered for a delete.
make_folders() {
    [ -n "$1" ] && [ ! -d "$1" ] || return 0
    make_folders "${1%/*}"
    note_staged "folder $1"
    problem=$( (umask 022 && mkdir "$1") 2>&1) || abort "cannot make $1: $problem"
    echo "$1" >>"$work/made"
}

# write_generation: a folder with the document, the manifest and the backups, complete before anything is replaced.
write_generation() {
    generation=g$(($(echo "${current:-g0}" | sed 's/.*g//') + 1))
    next=$state/$generation
    for n in $(kept_contents "$work/entries"); do
        content "$n"
    done
    problem=$({
        rm -rf "$next" && mkdir "$next" "$next/backup" "$next/content" &&
            cp "$work/entries" "$work/manifest" "$next/" &&
            { cat "$work/old.dirs" "$work/made" 2>/dev/null | sort -u >"$next/dirs"; } &&
            keep_contents && keep_backups && keep_script
    } 2>&1) || abort "cannot write $next: $(echo "$problem" | one_line)"
}

keep_contents() {
    for n in $(kept_contents "$work/entries"); do
        cp "$work/content/$n" "$next/content/$n" || return 1
    done
}

keep_backups() {
    while read -r kind source n; do
        case $kind in
        link) readlink "$source" >"$next/backup/$n" || return 1 ;;
        *) cp -p "$source" "$next/backup/$n" || return 1 ;;
        esac
    done <"$work/backups"
}

# write_journal: the way back, complete before the first rename.
write_journal() {
    problem=$({
        rm -rf "$state/journal.new" && mkdir "$state/journal.new" "$state/journal.new/saved" &&
            cp "$work/triggers" "$state/journal.new/triggers" && echo "$generation" >"$state/journal.new/generation" &&
            awk '$2 != "keep" { print $1, "swapped" }' "$work/containers" >"$state/journal.new/containers" &&
            save_present
    } 2>&1) || abort "cannot write $state/journal: $(echo "$problem" | one_line)"
    flush
    mv "$state/journal.new" "$state/journal" || abort "cannot write $state/journal"
}

save_present() {
    number=0
    while read -r temp op declared actual trigger mode owner source nkind nmode nids; do
        number=$((number + 1))
        case $nkind in
        file) cp -p "$actual" "$state/journal.new/saved/$number" || return 1 ;;
        link) readlink "$actual" >"$state/journal.new/saved/$number" || return 1 ;;
        esac
        printf '%s\n' "$number $declared $actual $nkind $nmode $nids $op" >>"$state/journal.new/changes"
    done <"$work/staged"
    : >>"$state/journal.new/changes"
}

# flush: let what was written reach the disk before it is relied on.
flush() {
    awk '$1 != "-" { print $1 }' "$work/staged" >"$work/flush"
    find "$state" -type f >>"$work/flush"
    xargs sync <"$work/flush" 2>/dev/null || sync
}

# switch_over: the renames. From here on a failure puts the old state back.
switch_over() {
    live=yes
    while read -r temp op declared actual trigger mode owner source rest; do
        problem=$(switch_one 2>&1) || abort "cannot replace $actual: $(echo "$problem" | one_line)"
        touched=yes
        step "$(shown_kind)" "$declared" "$(shown_outcome)" "$actual"
    done <"$work/staged"
    [ -s "$work/staged" ] || return 0
    label_files
    awk '{ sub(/\/[^\/]*$/, "", $4); print $4 "/" }' "$work/staged" | sort -u | xargs sync 2>/dev/null
}

switch_one() {
    case $op in
    put) put_in_place "$temp" "$actual" ;;
    remove) rm -f "$actual" ;;
    link) rm -f "$actual" && ln -s "$(cat "$source")" "$actual" ;;
    attributes) chown "$owner" "$actual" && chmod "$mode" "$actual" ;;
    folder) { [ -d "$actual" ] || mkdir "$actual"; } && chown "$owner" "$actual" && chmod "$mode" "$actual" ;;
    esac
}

# put_in_place TEMP FILE: by rename, except for a file that is a mount of its own and can only be written in place.
put_in_place() {
    mv -f "$1" "$2" 2>/dev/null && return
    awk -v path="$2" '$5 == path { found = 1 } END { exit !found }' /proc/self/mountinfo 2>/dev/null ||
        { mv -f "$1" "$2"; return; }
    cat "$1" >"$2" && chown "$(stat -c %u:%g "$1")" "$2" && chmod "$(stat -c %a "$1")" "$2" && rm -f "$1"
}

shown_kind() {
    [ "$op" = folder ] && echo directory || echo file
}

shown_outcome() {
    case $op in
    put | link) echo written ;;
    remove) echo removed ;;
    folder) echo made ;;
    *) echo "mode-set" ;;
    esac
}

# label_files: SELinux labels as the policy has them, where there is a policy.
label_files() {
    command -v restorecon >/dev/null || return 0
    awk '$2 == "put" { print $4 }' "$work/staged" | xargs restorecon 2>/dev/null
    return 0
}
