"""The shell script that keeps a control plane's programs running, in a container or beside a test."""

import shlex
from pathlib import Path

PAUSE_SECONDS = 0.3
OUTLIVES = "outlives"
ATTACHED = "attached"


def script(parts: dict[str, list[str]], logs: Path) -> str:
    """Make a POSIX script; its one argument is OUTLIVES, or ATTACHED to end with whoever holds its standard input open.

    A program that ends is started again, so that one that comes up before what it needs just tries once more. At the
    end everything in the script's process group is killed: start it as the leader of one.
    """
    kept = [f"keep {shlex.quote(f'{logs}/{name}.log')} {shlex.join(argv)} &" for name, argv in parts.items()]
    return "\n".join(
        [
            "keep() {",
            "  log=$1; shift",
            f'  while :; do "$@" >>"$log" 2>&1 </dev/null; sleep {PAUSE_SECONDS}; done',
            "}",
            "trap 'kill -KILL 0' TERM INT HUP",
            *kept,
            f'[ "$1" != {ATTACHED} ] || while read -r _; do :; done',
            f'[ "$1" = {ATTACHED} ] || wait',
            "kill -KILL 0",
            "",
        ]
    )
