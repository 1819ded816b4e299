# Adds lines `NAME:REST` to a file of such lines that is there already, in the place of those with the same name.
# Where there is no such file, nothing is done. Usage: SCRIPT PATH

discard_staged() {
    :
}

unite() {
    make_work
    [ "$(id -u)" = 0 ] || abort "$(id -un) is not root here; log in as root, or say how to become root (sudo)"
    awk 'found { print } $0 == "#DOCUMENT" { found = 1 }' "$0" >"$work/ours"
    take_lock
    missing=
    if [ ! -f "$1" ] || missing=$(awk 'NR == FNR { there[$0]; next } !($0 in there)' "$1" "$work/ours") &&
        [ -z "$missing" ]; then
        result unchanged
        exit 0
    fi
    file=$(readlink -f "$1")
    awk -F: 'NR == FNR { ours[$1]; print; next } !($1 in ours)' "$work/ours" "$file" >"$work/united"
    # A copy has the file's mode and owner from the start; the rename lets nobody read half a file.
    if ! { cp -p "$file" "$file.towpath" && cat "$work/united" >"$file.towpath" && mv "$file.towpath" "$file"; } \
        2>"$work/output"; then
        rm -f "$file.towpath"
        abort "$file cannot be written: $(one_line <"$work/output")"
    fi
    result changed
    exit 0
}

unite "$@"
exit
#DOCUMENT
