# Which commands, services and containers have to follow the changed files.

# find_triggers: $work/triggers gets "run|undo|restart|reload|container NAME", in the document's order, each once. A
# reload comes before a restart, so that a dockerd that is to keep its containers through restarts does so in this one.
# Files that the old document owned count for what the old document hung on them.
find_triggers() {
    awk '$1 == "on"' "$work/old.entries" "$work/entries" >"$work/hooks"
    awk '$1 == "command" || $1 == "service" || $1 == "container" { print $1, $2 }' \
        "$work/entries" "$work/old.entries" >"$work/actors"
    awk -v changed="$work/changed" -v gone="$work/gone" -v staged="$work/staged" '
        BEGIN {
            while ((getline line < changed) > 0) hit[line] = 1
            while ((getline line < gone) > 0) missing[line] = 1
            while ((getline line < staged) > 0) { split(line, f, " "); if (f[2] == "remove") removed[f[3]] = 1 }
        }
        FILENAME ~ /hooks$/ {
            path = $4
            file = path
            sub(/#.*/, "", file)
            if (!(path in hit) && !((file "#*") in hit)) next
            want[(($2 == "reload" && (path in missing)) ? "restart" : $2) " " $3] = 1
            if ($2 == "command" && (file in removed)) undo[$3] = 1
            next
        }
        seen[$0]++ { next }
        $1 == "command" && (("command " $2) in want) { print (($2 in undo) ? "undo" : "run"), $2 }
        $1 == "service" && (("reload " $2) in want) { print "reload", $2 }
        $1 == "service" && (("restart " $2) in want) { print "restart", $2 }
        $1 == "container" && (("container " $2) in want) { print "container", $2 }' \
        "$work/hooks" "$work/actors" >"$work/triggers.all"
    [ ! -f "$state/dirty" ] || follow_up >>"$work/triggers.all"
    awk '!seen[$0]++' "$work/triggers.all" >"$work/triggers"
}

# way_back: a command that the old document has too runs again on the old files. The trust store is rebuilt afresh.
way_back() {
    text_of command "$name" 3
    if grep -q "^command $name " "$work/old.entries" && [ "$(cat "$text")" != @trust@ ]; then
        echo run
    else
        echo undo
    fi
}

# follow_up: what a killed run left to do; its commands are undone, unless they stand in the new document too.
follow_up() {
    awk -v entries="$work/entries" '
        BEGIN { while ((getline line < entries) > 0) { split(line, f, " "); if (f[1] == "command") wanted[f[2]] = 1 } }
        $1 == "run" || $1 == "undo" { print (($2 in wanted) ? "run" : "undo"), $2; next }
        { print }' "$state/dirty"
}

documents="entries old.entries killed.entries"  # where to look an entry up; a roll-back asks the old document first

# entry KIND NAME: the rest of an entry.
entry() {
    for source in $documents; do
        grep "^$1 $2 " "$work/$source" && break
    done | head -n 1 | cut -d ' ' -f 3-
}

# text_of KIND NAME FIELD: set $text to the file with an entry's content; empty: none.
text_of() {
    text=
    for source in $documents; do
        text_number=$(awk -v kind="$1" -v name="$2" -v field="$3" '$1 == kind && $2 == name { print $field; exit }' \
            "$work/$source")
        [ -n "$text_number" ] || continue
        [ "$text_number" != - ] || return 0
        case $source in
        old.entries) text=$current/content/$text_number ;;
        killed.entries) text=$state/killed/content/$text_number ;;
        *)
            content "$text_number"
            text=$work/content/$text_number
            ;;
        esac
        return 0
    done
}

run_commands() {
    while read -r word name; do
        case $word in
        run | undo) run_command "$word" "$name" || command_failed ;;
        esac
    done <"$work/triggers"
}

command_failed() {
    quote "last lines of $name on $host" <"$work/output"
    abort "$name failed"
}

# run_command run|undo NAME
run_command() {
    text=
    [ "$1" = run ] || text_of command "$2" 4
    [ -n "$text" ] || text_of command "$2" 3
    [ -n "$text" ] || return 0
    echo "$2" >>"$work/ran"
    if [ "$(cat "$text")" = @trust@ ]; then
        trust_update "$1" >"$work/output" 2>&1 </dev/null 9>&- || return 1
    else
        timeout 300 sh "$text" >"$work/output" 2>&1 </dev/null 9>&- || return 1
    fi
    step command "$2" "$1"
}

back_out_commands() {
    [ -f "$work/ran" ] || return 0
    mv "$work/ran" "$work/ran.back"
    while read -r name; do
        run_command "$(way_back)" "$name" || echo "$name: $(tail -n 3 "$work/output" | one_line)" >>"$work/trouble"
    done <"$work/ran.back"
}
