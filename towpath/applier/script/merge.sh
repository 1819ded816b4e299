# Files that others own too: only the document's keys or lines are set, the rest stays as it is, byte for byte.

# merge KIND MODE OPERATIONS BASE ORIGINAL: run KIND's awk program; BASE and ORIGINAL may be missing files.
# MODE is merge (set), unmerge (take out again, or back to ORIGINAL's value; nothing left and no ORIGINAL: no output),
# or status ("KEY DIGEST" for a key that is as wished, else "KEY missing" or "KEY differs").
merge() {
    [ -f "$work/$1.awk" ] || "awk_$1" >"$work/$1.awk"
    for text in "$4" "$5"; do
        if [ -f "$text" ] && ! tr -d '\000' <"$text" | cmp -s - "$text"; then
            echo "has null characters in it; mend or remove the file" >"$work/merge.error"
            return 1
        fi
    done
    awk -f "$work/$1.awk" "$2" "$3" "$(existing "$4")" "$(ends_in_newline "$4")" \
        "$(existing "$5")" "$(ends_in_newline "$5")" "$id" 2>"$work/merge.error"
}

existing() {
    [ ! -f "$1" ] || echo "$1"
}

ends_in_newline() {
    [ ! -f "$1" ] || [ -n "$(tail -c 1 "$1")" ] || echo yes
}

plan_merge() {
    refuse_unlike file
    content "$n"
    base=$work/merged/$count.base
    new=$work/merged/$count.new
    merge_base
    merge "$kind" merge "$work/content/$n" "$base" "" >"$new" || abort "$actual $(one_line <"$work/merge.error")"
    changed_keys "$kind" "$work/content/$n" "${oldops:-/dev/null}"
    gone_keys "$kind" "${oldops:-/dev/null}" "$new"
    settle_attributes 0644
    if [ "$nkind" = file ] && cmp -s "$new" "$actual"; then
        own "$kind" "$nsha" "$n"
        has_attributes || change attributes mode "$mode" "$owner" -
    else
        digest=$(sha256sum <"$new")
        own "$kind" "${digest%% *}" "$n"
        change put content "$mode" "$owner" "$new"
        refuse_flags
    fi
}

# merge_base: put into $base the file as it would be without the document, and see to what a delete puts back.
merge_base() {
    oldops=
    if [ "$okind" = new ]; then
        [ "$nkind" = absent ] || cp "$actual" "$base" || abort "cannot read $actual"
        keep_original
        return
    fi
    [ "$mkind" != "$kind" ] || oldops=$current/content/$oldn
    if [ -z "$oldops" ] || [ "$nkind" = absent ] || [ "$nsha" = "$written" ]; then
        [ "$backup" = - ] || cp "$current/backup/$backup" "$base" || abort "cannot read the backup of $actual"
        keep_original
        return
    fi
    take_out
    if [ "$okind" != file ] && [ ! -s "$base" ]; then
        rm -f "$base"
        return
    fi
    [ "$okind" != absent ] || omode=$nmode oowner=$nids
    okind=file backup=$count
    printf '%s\n' "base $base $count" >>"$work/backups"
}

# take_out: $base gets the file, which others changed since, without what the document had put into it.
take_out() {
    original=
    [ "$okind" != file ] || original=$current/backup/$backup
    merge "$mkind" unmerge "$current/content/$oldn" "$actual" "$original" >"$base" ||
        abort "$actual $(one_line <"$work/merge.error")"
}

drop_merge() {
    base=$work/merged/$count.base
    take_out
    gone_keys "$mkind" "$current/content/$oldn" "$base"
    if [ -s "$base" ] || [ "$okind" = file ]; then
        [ "$okind" != absent ] || omode=$nmode oowner=$nids
        change put content "$omode" "$oowner" "$base"
    else
        change remove content - - -
    fi
}

# changed_keys KIND NEW-OPERATIONS OLD-OPERATIONS: note "PATH#KEY" for each key whose value is about to change.
changed_keys() {
    merge "$1" status "$2" "$actual" "" >"$work/status" || abort "$actual $(one_line <"$work/merge.error")"
    awk -F'\t' -v path="$declared" -v new="$2" -v state="$work/status" '
        BEGIN {
            while ((getline line < state) > 0) {
                split(line, f, " ")
                if (f[2] == "missing" || f[2] == "differs") print path "#" f[1]
            }
            while ((getline line < new) > 0) { split(line, f, "\t"); wished[f[3]] = 1 }
        }
        NF >= 3 && !($3 in wished) { print path "#" $3 }' "$3" >>"$work/changed"
}

# gone_keys KIND OLD-OPERATIONS RESULT: note "PATH#KEY" for each key that RESULT, which may be missing, no longer has. A
# program that reloads a file keeps the value of a key that has gone: it has to be restarted.
gone_keys() {
    merge "$1" status "$2" "$3" "" >"$work/status" || abort "$actual $(one_line <"$work/merge.error")"
    awk -v path="$declared" '$2 == "missing" { print path "#" $1 }' "$work/status" >>"$work/gone"
}

# refuse_flags: a program does not start if a key of its file is given as a flag too.
refuse_flags() {
    while read -r word path service program flags; do
        [ "$word" = flags ] && [ "$path" = "$declared" ] || continue
        content "$flags"
        arguments=" $(program_arguments "$service" "$program") "
        while read -r key flag; do
            case $arguments in
            *" $flag "* | *" $flag="*)
                abort "$program is started with $flag, which cannot stand beside $key in $actual; take the flag out of \
its unit or the key out of the settings"
                ;;
            esac
        done <"$work/content/$flags"
    done <"$work/entries"
}

# validate FILE: let the program that reads the file try it, where it can.
validate() {
    while read -r word path n; do
        [ "$word" = validate ] && [ "$path" = "$declared" ] || continue
        content "$n"
        sh "$work/content/$n" "$1" </dev/null >"$work/validate" 2>&1 ||
            abort "the new $actual does not hold: $(one_line <"$work/validate")"
    done <"$work/entries"
}
