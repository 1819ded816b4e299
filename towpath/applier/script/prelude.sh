#!/bin/sh
# Towpath's node applier: makes one machine as a document says, or puts it back as it was.
# Usage: SCRIPT VERB [DOCUMENT ID]; the verbs stand in main.sh, the document's format in towpath/applier/document.py.
# Needs a POSIX shell and what busybox has: awk, base64, gzip, sha256sum, stat, readlink. No Python, jq or curl.
set -u
LC_ALL=C
export LC_ALL
umask 077
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset IFS CDPATH

home=/var/lib/towpath
host=$(uname -n)
verb=${1:-apply}
id=
state=
current=
work=
init=none
live=no       # yes: files may have been replaced, so a failure has to put them back
restoring=no  # yes: that is going on
touched=no    # yes: something on the machine was changed
forgotten=no  # yes: the document's state goes when the run ends, after all else

say() {
    printf 'towpath: %s: %s\n' "$host" "$1" >&2
}

# step KIND NAME OUTCOME [REASON]: a line of the result.
step() {
    printf '%s %s %s %s\n' "$1" "$2" "$3" "${4:-}" >>"$work/steps"
}

# result STATUS: print the result document.
result() {
    printf 'towpath-result 1\nstatus %s\n' "$1"
    [ ! -f "$work/steps" ] || cat "$work/steps"
}

# one_line: standard input as one line, secrets masked, of bounded length.
one_line() {
    mask | tr '\n\t' '  ' | sed 's/  */ /g; s/ $//' | cut -c1-600
}

# mask: standard input with the document's secrets replaced.
mask() {
    awk -v file="$work/mask" '
        BEGIN { while ((getline line < file) > 0) if (line != "") secret[++n] = line }
        {
            for (i = 1; i <= n; i++) {
                out = ""
                while ((at = index($0, secret[i])) > 0) {
                    out = out substr($0, 1, at - 1) "[secret]"
                    $0 = substr($0, at + length(secret[i]))
                }
                $0 = out $0
            }
            print
        }'
}

# quote TITLE: keep the last lines of standard input for the error that follows.
quote() {
    {
        printf '%s:\n' "$1"
        mask | tail -n 6 | cut -c1-300 | sed 's/^/    /'
    } >"$work/quoted"
}

# abort MESSAGE: end the run with the old state in force. Exit 10: nothing was touched; 11: put back; 12: could not.
abort() {
    if [ "$restoring" = yes ]; then
        printf '%s\n' "$1" >>"$work/trouble"
        return 0
    fi
    if [ "$live" = no ]; then
        discard_staged
        step run "$id" refused "$1"
        result failed
        cat "$work/quoted" 2>/dev/null >&2
        say "$1; nothing was changed"
        exit 10
    fi
    roll_back
    if [ -s "$work/trouble" ]; then
        step run "$id" failed "$1"
        result failed
        cat "$work/quoted" >&2
        say "$1; putting the old state back failed too: $(one_line <"$work/trouble")"
        exit 12
    fi
    step run "$id" rolled-back "$1"
    result rolled-back
    cat "$work/quoted" >&2
    say "$1; the old state is back and works"
    exit 11
}

# runs PID: whether that process is a run of ours; neither a process that has its number by chance nor a zombie is.
runs() {
    grep -q towpath "/proc/$1/cmdline" 2>/dev/null
}

make_work() {
    for area in /dev/shm /tmp; do
        [ -d "$area" ] && [ -w "$area" ] && break
    done
    for stale in "$area"/towpath.work.* "$area"/towpath.boot.*; do
        [ -e "$stale" ] || continue
        owner_pid=${stale#"$area"/towpath.????.}
        runs "${owner_pid%%.*}" || rm -rf "$stale"
    done
    work=$(mktemp -d "$area/towpath.work.$$.XXXXXX") || {
        say "cannot make a working folder in $area; free some space there"
        exit 10
    }
    trap 'trap "" INT TERM; rm -rf "$work"; [ "$forgotten" = no ] || forget_state; release_lock' EXIT
    trap '' HUP PIPE
    trap 'abort "ended by a signal"' INT TERM
    : >"$work/mask"
    : >"$work/trouble"
    : >"$work/quoted"
}
