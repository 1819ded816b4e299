# Towpath's doctor: looks at one machine and prints what it finds; writes nothing but a working folder in memory.
# Usage: the questions follow behind the line #DOCUMENT (towpath/doctor/questions.py); the answer is read by answer.py.
# Needs a POSIX shell and what busybox has; openssl for TLS. No Python, jq or curl.
set -u
LC_ALL=C
export LC_ALL
umask 077
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset IFS CDPATH

connect_seconds=10
pull_seconds=25

abort() {
    printf 'towpath: %s: %s\n' "$(uname -n)" "$1" >&2
    exit 10
}

make_work() {
    for area in /dev/shm /tmp; do
        [ -d "$area" ] && [ -w "$area" ] && break
    done
    work=$(mktemp -d "$area/towpath.doctor.$$.XXXXXX") ||
        abort "cannot make a working folder in $area; free some space there"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 10' INT TERM
}

# read_questions: $work/questions gets the lines, $work/content.N each content.
read_questions() {
    awk -v folder="$work" '
        !begun { begun = $0 == "#DOCUMENT"; next }
        $1 == "content" { number = $2; next }
        $1 == "end" { print "end"; exit }
        number != "" { print >(folder "/encoded." number); next }
        { print }' "$0" >"$work/questions"
    [ "$(tail -n 1 "$work/questions")" = end ] || abort "the questions did not arrive whole; run it again"
    for encoded in "$work"/encoded.*; do
        [ -f "$encoded" ] || continue
        base64 -d <"$encoded" >"$work/content.${encoded##*.}"
    done
}

# one_line: standard input as base64 on one line, from its last 4000 bytes.
one_line() {
    tail -c 4000 | base64 | tr -d '\n'
}
