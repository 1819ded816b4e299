# What has to change: $work/changes gets
#   "OP DECLARED ACTUAL TRIGGER MODE OWNER SOURCE | KIND MODE OWNER as they are now",
# OP is put, remove, attributes, link or folder; TRIGGER says whether services care (content or mode).
# $work/manifest gets "KIND DECLARED ACTUAL ORIGINAL-KIND MODE OWNER BACKUP WRITTEN N" for all that the document owns.

make_plan() {
    mkdir -p "$work/merged"
    : >"$work/changes"
    : >"$work/manifest"
    : >"$work/backups"
    : >"$work/changed"
    : >"$work/gone"
    count=0
    while read -r kind declared actual mode owner sha n \
        nkind nmode nids nnames nsha okind omode oowner backup written oldn mkind; do
        count=$((count + 1))
        case $kind in
        json | toml | block) plan_merge ;;
        *) "plan_$kind" ;;
        esac
    done <"$work/joined"
}

# change OP TRIGGER MODE OWNER SOURCE
change() {
    printf '%s\n' "$1 $declared $actual $2 $3 $4 $5 $nkind $nmode $nids" >>"$work/changes"
    [ "$2" != content ] || printf '%s\n' "$declared" >>"$work/changed"
}

# keep_original: what is there now is what a delete puts back, unless the manifest already knows better.
keep_original() {
    if [ "$okind" = new ]; then
        okind=$nkind omode=$nmode oowner=$nids backup=-
        case $nkind in
        file | link)
            backup=$count
            printf '%s\n' "$nkind $actual $backup" >>"$work/backups"
            ! made_by_another || okind=made
            ;;
        esac
    elif [ "$backup" != - ]; then
        printf '%s\n' "kept $current/backup/$backup $count" >>"$work/backups"
        backup=$count
    fi
}

# made_by_another: whether the file is there only because another document merges into it too.
made_by_another() {
    for other in "$home"/*/current; do
        [ -f "$other" ] && [ "$other" != "$state/current" ] || continue
        read -r generation <"$other"
        ! awk -v path="$actual" '$3 == path && ($4 == "absent" || $4 == "made") { found = 1 } END { exit !found }' \
            "${other%current}$generation/manifest" || return 0
    done
    return 1
}

# own KIND WRITTEN N
own() {
    printf '%s\n' "$1 $declared $actual $okind $omode $oowner $backup $2 $3" >>"$work/manifest"
}

# settle_attributes DEFAULT-MODE: fill in mode and owner where the document leaves them as they are.
settle_attributes() {
    [ "$mode" != - ] || { [ "$nkind" = absent ] && mode=$1 || mode=$nmode; }
    [ "$owner" != - ] || { [ "$nkind" = absent ] && owner=0:0 || owner=$nids; }
}

has_attributes() {
    [ "$nmode" = "$mode" ] && is_owner
}

# is_owner: user and group may each be written as a name or as a number.
is_owner() {
    case ${owner%%:*} in
    "${nids%%:*}" | "${nnames%%:*}") ;;
    *) return 1 ;;
    esac
    case ${owner#*:} in
    "${nids#*:}" | "${nnames#*:}") ;;
    *) return 1 ;;
    esac
}

refuse_unlike() {
    case $nkind in
    absent | "$1") ;;
    *) abort "$actual is a $nkind, not a $1; move it away" ;;
    esac
}

plan_file() {
    refuse_unlike file
    [ "$okind$nkind" != newfile ] || [ "$nsha" = "$sha" ] || ! grep -q "^keep $declared\$" "$work/entries" ||
        abort "$actual is there already and is not ours; move what it says into the settings and remove it"
    keep_original
    own file "$sha" -
    settle_attributes 0644
    if [ "$nsha" != "$sha" ]; then
        content "$n"
        change put content "$mode" "$owner" "$work/content/$n"
    elif ! has_attributes; then
        change attributes mode "$mode" "$owner" -
    fi
}

plan_directory() {
    refuse_unlike directory
    keep_original
    own directory - -
    settle_attributes 0755
    if [ "$nkind" = absent ] || ! has_attributes; then
        change folder mode "$mode" "$owner" -
    fi
}

plan_absent() {
    case $nkind in
    directory | special) abort "$actual is a $nkind, not a file; move it away" ;;
    esac
    keep_original
    own absent - -
    [ "$nkind" = absent ] || change remove content - - -
}

# A path that the document no longer has gets back what was there before.
plan_drop() {
    case $mkind in
    json | toml | block)
        printf '%s\n' "$declared#*" >>"$work/changed"
        if [ "$nkind" = file ] && [ "$nsha" != "$written" ]; then
            drop_merge
            return
        fi
        [ "$backup" = - ] && was=/dev/null || was=$current/backup/$backup
        gone_keys "$mkind" "$current/content/$oldn" "$was"
        ;;
    esac
    case $okind in
    absent)
        case $nkind in
        file | link) change remove content - - - ;;
        esac
        ;;
    file | made)
        if [ "$nkind" = file ] && cmp -s "$current/backup/$backup" "$actual"; then
            [ "$nmode $nids" = "$omode $oowner" ] || change attributes mode "$omode" "$oowner" -
        else
            change put content "$omode" "$oowner" "$current/backup/$backup"
        fi
        ;;
    link)
        [ "$nkind" = link ] && [ "$(readlink "$actual")" = "$(cat "$current/backup/$backup")" ] ||
            change link content - - "$current/backup/$backup"
        ;;
    directory)
        [ "$nkind" != directory ] || [ "$nmode $nids" = "$omode $oowner" ] ||
            change folder mode "$omode" "$oowner" -
        ;;
    esac
}
