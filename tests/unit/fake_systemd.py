"""An init system that is a script: units are files below /units, and what it is told stands in a log."""

from tests.unit.applier_machine import Machine

DROP_IN = "/etc/systemd/system/docker.service.d/proxy.conf"
DAEMON = "/etc/docker/daemon.json"
SYSTEMCTL = r"""
log=/fake/sys.log
[ "$1" = show ] || echo "$*" >>$log
case $1 in
show)
    shift
    for unit; do
        case $unit in
        -p | *,*) continue ;;
        esac
        name=${unit%.service}
        if [ -f "/units/$name" ]; then
            printf 'Id=%s\nLoadState=loaded\nActiveState=%s\n\n' "$unit" "$(cat "/units/$name")"
        else
            printf 'Id=%s\nLoadState=not-found\nActiveState=inactive\n\n' "$unit"
        fi
    done
    ;;
is-active) [ "$(cat "/units/${2%.service}")" = active ] || { echo failed; exit 3; } ;;
restart | reload)
    name=${2%.service}
    if grep -q BAD /etc/systemd/system/docker.service.d/*.conf 2>/dev/null; then
        echo failed >"/units/$name"
        echo "Job for $name failed." >&2
        exit 1
    fi
    echo active >"/units/$name"
    ;;
esac
"""
KILL_THE_RUN = (
    "p=$PPID; until grep -q 'towpath.boot\\|applier.sh' /proc/$p/cmdline; "
    "do p=$(awk '{print $4}' /proc/$p/stat); done; kill -9 $p"
)


def with_systemd(machine: Machine) -> Machine:
    machine.path("/run/systemd/system").mkdir(parents=True)
    machine.write("/units/docker", "active\n")
    machine.write("/units/containerd", "inactive\n")
    machine.fake("systemctl", SYSTEMCTL)
    machine.fake("journalctl", "echo the log of $2 with s3cret")
    machine.fake("docker", "exit 0")
    return machine


def calls(machine: Machine) -> list[str]:
    log = machine.path("/fake/sys.log")
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line for line in lines if not line.startswith(("is-active", "reset-failed"))]
