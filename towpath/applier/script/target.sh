# Where the document's paths lie on this machine, and what is there now.

# resolve_targets: $work/targets gets "KIND DECLARED ACTUAL MODE OWNER DIGEST N", without what this machine has no use for.
resolve_targets() {
    : >"$work/targets"
    while read -r kind declared when mode owner sha n rest; do
        case $kind in
        directory | file | absent | json | toml | block) ;;
        *) continue ;;
        esac
        if ! has "$when"; then
            has "${when%+*}" || echo "${when%+*}" >>"$work/skipped"
            continue
        fi
        locate "$kind" "$declared"
        printf '%s\n' "$kind $declared $actual $mode $owner $sha $n" >>"$work/targets"
    done <"$work/entries"
    say_skipped
    twice=$(awk 'seen[$3]++ { print $2 }' "$work/targets")
    [ -z "$twice" ] || abort "two entries of the document lead to the same file: $(echo "$twice" | one_line)"
}

say_skipped() {
    [ "$verb" != check ] && [ -f "$work/skipped" ] || return 0
    tr ',' '\n' <"$work/skipped" | sort -u >"$work/skipped.once"
    while read -r when; do
        has "$when" || step runtime "$when" skipped "it is not on this machine"
    done <"$work/skipped.once"
}

# locate KIND DECLARED: set $actual. A symbolic link is followed, so that it survives and its target gets the content.
locate() {
    actual=$2
    case $2 in
    @trust@/*)
        trust_folder
        actual=$trust/${2#@trust@/}
        ;;
    @certs.d@/*)
        certs_folder
        actual=$certs/${2#@certs.d@/}
        ;;
    esac
    [ "$1" != absent ] && [ "$1" != directory ] && [ -L "$actual" ] || return 0
    link=$actual
    actual=$(readlink -f "$link") && [ -f "$actual" ] ||
        abort "$link is a symbolic link that leads to no regular file; remove it or let it lead to one"
}

# inspect FILE: for each path in FILE that exists, print "PATH KIND MODE UID:GID USER:GROUP SHA256".
inspect() {
    xargs stat -c '%n|%F|%a|%u:%g|%U:%G' <"$1" 2>/dev/null >"$work/stat"
    awk -F'|' '$2 ~ /^regular/ { print $1 }' "$work/stat" | xargs sha256sum 2>/dev/null >"$work/sums"
    awk -F'|' -v sums="$work/sums" '
        BEGIN {
            while ((getline line < sums) > 0) { at = index(line, " "); sum[substr(line, at + 2)] = substr(line, 1, at - 1) }
        }
        {
            kind = $2 ~ /^regular/ ? "file" : $2 == "symbolic link" ? "link" : $2 == "directory" ? "directory" : "special"
            printf "%s %s %s %s %s %s\n", $1, kind, substr("0000" $3, length($3) + 1), $4, $5, ($1 in sum) ? sum[$1] : "-"
        }' "$work/stat"
}

# join_targets: $work/joined gets each target, and each path that only the manifest has (kind drop), with what is there
# now and what the manifest says of it.
join_targets() {
    follow_links
    awk '{ print $3 }' "$work/targets" >"$work/paths"
    awk '{ print $3 }' "$work/old.manifest" >>"$work/paths"
    sort -u "$work/paths" >"$work/unique"
    inspect "$work/unique" >"$work/now"
    awk -v now="$work/now" -v old="$work/old.manifest" '
        BEGIN {
            while ((getline line < now) > 0) {
                split(line, f, " ")
                present[f[1]] = f[2] " " f[3] " " f[4] " " f[5] " " f[6]
            }
            while ((getline line < old) > 0) {
                split(line, f, " ")
                order[++count] = f[3]
                declared[f[3]] = f[2]
                owned[f[3]] = f[4] " " f[5] " " f[6] " " f[7] " " f[8] " " f[9] " " f[1]
            }
        }
        function both(path) {
            return ((path in present) ? present[path] : "absent - - - -") " " \
                ((path in owned) ? owned[path] : "new - - - - - -")
        }
        { taken[$3] = 1; print $0, both($3) }
        END {
            for (i = 1; i <= count; i++)
                if (!(order[i] in taken)) print "drop", declared[order[i]], order[i], "- - - -", both(order[i])
        }' "$work/targets" >"$work/joined"
}

# follow_links: a file of ours that somebody has made a link of since lies where the link leads.
follow_links() {
    while read -r kind declared actual rest; do
        case $kind in
        file | json | toml | block) [ ! -L "$actual" ] || [ ! -f "$actual" ] || actual=$(readlink -f "$actual") ;;
        esac
        printf '%s\n' "$kind $declared $actual $rest"
    done <"$work/old.manifest" >"$work/followed"
    mv "$work/followed" "$work/old.manifest"
}

# refuse_foreign: no path may belong to two documents, unless both only merge into it.
refuse_foreign() {
    for other in "$home"/*/current; do
        [ -f "$other" ] && [ "$other" != "$state/current" ] || continue
        read -r generation <"$other"
        clash=$(awk -v mine="$work/targets" '
            function merges(kind) { return kind == "json" || kind == "toml" || kind == "block" || kind == "directory" }
            BEGIN { while ((getline line < mine) > 0) { split(line, f, " "); kind[f[3]] = f[1] } }
            ($3 in kind) && !(merges(kind[$3]) && merges($1)) { print $3 }' "${other%current}$generation/manifest")
        [ -z "$clash" ] ||
            abort "$(echo "$clash" | one_line) belongs to the document ${other%/current}; take it out of one of them"
    done
}
