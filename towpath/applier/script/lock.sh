# One run at a time on a machine, whatever its document: flock where there is one, else a folder that holds the pid.

lock_wait_seconds=${TOWPATH_LOCK_WAIT_SECONDS:-120}
locked=no

lock_place() {
    for lock in /run /var/run /var/lib; do
        [ -d "$lock" ] && [ -w "$lock" ] && break
    done
    lock=$lock/towpath.lock
    command -v flock >/dev/null || lock=$lock.d
}

take_lock() {
    lock_place
    waited=0
    until try_lock; do
        [ "$waited" -lt "$lock_wait_seconds" ] ||
            abort "another run (pid $(lock_holder)) has held $lock for more than $lock_wait_seconds s; let it end first"
        sleep 1
        waited=$((waited + 1))
    done
    locked=yes
}

# A holder removes the lock when it ends, so the file that was locked may no longer be the one that others see.
try_lock() {
    if [ "$lock" = "${lock%.d}" ]; then
        (: >>"$lock") 2>/dev/null || abort "cannot write $lock; is the file system read-only?"
        exec 9>>"$lock"
        flock -n 9 || return 1
        [ "$(stat -Lc %i /proc/self/fd/9)" = "$(stat -c %i "$lock" 2>/dev/null)" ] || return 1
        echo $$ >"$lock"
    else
        mkdir "$lock" 2>/dev/null || { break_stale_lock && mkdir "$lock" 2>/dev/null; } || return 1
        echo $$ >"$lock/pid"
    fi
}

break_stale_lock() {
    [ -d "$lock" ] || abort "cannot make $lock; is the file system read-only?"
    [ -n "$(lock_holder)" ] || sleep 1
    holder=$(lock_holder)
    [ -z "$holder" ] || ! runs "$holder" || return 1
    mv "$lock" "$lock.stale.$$" 2>/dev/null && rm -rf "$lock.stale.$$"
}

lock_holder() {
    if [ -d "$lock" ]; then
        cat "$lock/pid" 2>/dev/null
    else
        cat "$lock" 2>/dev/null
    fi
}

# await_lock: let a run that is going on end, without writing anything.
await_lock() {
    lock_place
    waited=0
    while [ -e "$lock" ] && holder=$(lock_holder) && [ -n "$holder" ] && runs "$holder"; do
        [ "$waited" -lt "$lock_wait_seconds" ] ||
            abort "another run (pid $holder) has held $lock for more than $lock_wait_seconds s; let it end first"
        sleep 1
        waited=$((waited + 1))
    done
}

release_lock() {
    [ "$locked" = no ] || rm -rf "$lock" "$lock".stale.*
}
