"""The program that does a collection's steps on the registry's node, and the command that runs it.

It is one POSIX sh text that takes its commands from standard input. While it runs it holds the applier's lock, and so
the applier and it never work at once. Standard input that ends (a lost connection, a killed engine) makes it put the
registry back and end; a watcher on the node does the same where the program itself is killed or hears nothing.
"""

import functools
from importlib import resources

from towpath.applier.bootstrap import Sudo

_END = "#TOWPATH-COLLECTION-END"
_HEAD = (
    "#!/bin/sh\nset -u\nLC_ALL=C\nexport LC_ALL\numask 077\n"
    "PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n"
    "unset IFS CDPATH\n"
)
_STORE = (
    "umask 077; d=/dev/shm; [ -w $d ] || d=/tmp; f=$(mktemp $d/towpath.boot.$$.XXXXXX) || exit 10; "
    'trap "rm -f $f" 0; trap "" 1 13; l=; '
    f'while IFS= read -r l && [ "$l" != "{_END}" ]; do printf "%s\\n" "$l"; done >$f; '
    f'[ "$l" = "{_END}" ] || exit 10; '
)
_RUNS = {
    "none": "sh $f serve",
    "passwordless": "sudo -n sh $f serve",
    "password": '{ printf "%s\\n" "$p"; cat; } | sudo -S -p "" sh $f serve',
}


@functools.cache
def program() -> str:
    """Return the program's text, with the applier's own lock in it, the same for every machine."""
    lock = resources.files("towpath.applier").joinpath("script", "lock.sh").read_text(encoding="utf-8")
    own = resources.files("towpath.images.collection").joinpath("script", "collect.sh").read_text(encoding="utf-8")
    return f"{_HEAD}{lock}{own}"


def serve_command(sudo: Sudo) -> str:
    """Return the command that runs the program; it is constant, and standard input begins with `opening`."""
    first = "IFS= read -r p; " if sudo.kind == "password" else ""
    return f"sh -c '{first}{_STORE}{_RUNS[sudo.kind]}'"


def opening(sudo: Sudo) -> str:
    """Return what standard input begins with: the sudo password, if any, and the program."""
    return f"{sudo.line}{program()}{_END}\n"
