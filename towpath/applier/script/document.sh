# The document: entries in $work/entries, contents apart, decoded when they are needed.

# read_document FILE: take the document that stands behind the script in FILE.
read_document() {
    mkdir "$work/encoded" "$work/content"
    awk -v dir="$work" '
        !begun { if ($0 == "#DOCUMENT") begun = 1; next }
        $1 == "content" { if (out != "") close(out); out = dir "/encoded/" $2; printf "" > out; next }
        $1 == "end" { ended = 1; exit }
        out != "" { print > out; next }
        { print > (dir "/entries") }
        END { exit !ended }' "$1" || abort "the document was cut short on its way; run it again"
    read -r word version id <"$work/entries"
    [ "$word $version" = "towpath 1" ] || abort "the document is of a version that this applier does not know"
    sed -i 1d "$work/entries"
    use_id "$id"
    while read -r kind n rest; do
        [ "$kind" = mask ] && content "$n" && cat "$work/content/$n" >>"$work/mask"
    done <"$work/entries"
}

# use_id ID: set where the state of document ID is, and its committed generation ($current, empty if none).
use_id() {
    case $1 in
    '' | *[!a-z0-9-]*) abort "'$1' is not a document's name" ;;
    esac
    id=$1
    state=$home/$id
    current=
    [ ! -f "$state/current" ] || read -r current <"$state/current"
    current=${current:+$state/$current}
    : >"$work/old.entries"
    : >"$work/killed.entries"
    : >"$work/old.manifest"
    : >"$work/old.dirs"
    if [ -n "$current" ]; then
        cat "$current/entries" >"$work/old.entries"
        cat "$current/manifest" >"$work/old.manifest"
        cat "$current/dirs" >"$work/old.dirs"
        old_mask=$(awk '$1 == "mask" { print $2 }' "$current/entries")
        [ -z "$old_mask" ] || cat "$current/content/$old_mask" >>"$work/mask"
    fi
}

# content N: decode content N of the document into $work/content/N.
content() {
    [ ! -f "$work/content/$1" ] || return 0
    base64 -d <"$work/encoded/$1" >"$work/content/$1" || abort "the document's content $1 cannot be decoded"
}

# kept_contents ENTRIES: the contents that a later run needs, i.e. all but whole files and what starts containers.
kept_contents() {
    awk '
        $1 == "mask" { print $2 }
        $1 == "json" || $1 == "toml" || $1 == "block" { print $7 }
        $1 == "command" { print $3; print $4 }
        $1 == "service" { print $5 }
        $1 == "container" { print $9 }' "$1" | grep -v '^-$'
}
