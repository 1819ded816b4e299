"""The commands that run the applier on a machine, and their standard input.

Commands are short and constant: they stand in previews and in the state. Standard input holds everything secret: with
`sudo` by password the password's line, then the program, then the document. It is stored in a file of mode 0600 in
memory (/dev/shm) first and then run, so that a connection that is cut in the middle runs nothing.
"""

from dataclasses import dataclass, field
from typing import Literal

from towpath.applier.document import Document, check_id, check_path
from towpath.applier.errors import DocumentError
from towpath.applier.packing import travelling
from towpath.applier.program import unite_program

_STORE = (
    "umask 077; d=/dev/shm; [ -w $d ] || d=/tmp; f=$(mktemp $d/towpath.boot.$$.XXXXXX) || exit 10; "
    'trap "rm -f $f" 0; trap "" 1 13; '
)
_REFUSED = (
    'r=$?; [ $r != 1 ] && [ $r != 127 ] || echo "towpath: $(uname -n): $(id -un) cannot become root by sudo; %s; '
    'nothing was changed" >&2; exit $r'
)
_WAYS_OUT = {
    "passwordless": "allow it in sudoers (NOPASSWD), or set the sudo password",
    "password": "check the sudo password and the user in sudoers",
}


@dataclass(frozen=True)
class Sudo:
    """How the user of the connection becomes root. `none`: it is root."""

    kind: Literal["none", "passwordless", "password"] = "none"
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a password that a line cannot carry."""
        if self.kind == "password" and not self.password:
            raise DocumentError("sudo by password needs the password")
        if self.password and any(character in self.password for character in "\n\0"):
            raise DocumentError("the sudo password has a line break or a null character")

    @property
    def line(self) -> str:
        """What standard input begins with."""
        return f"{self.password}\n" if self.kind == "password" else ""


def apply_command(sudo: Sudo) -> str:
    """Make the machine as the document on standard input says; prints a result document."""
    return _stored("apply", sudo)


def discover_command(sudo: Sudo) -> str:
    """Print what the machine is. Standard input: `stdin(None, sudo)`."""
    return _stored("discover", sudo)


def check_command(sudo: Sudo, document_id: str | None = None) -> str:
    """Print what is there now and write nothing.

    With `document_id`, against the document that the machine recorded at its last apply: standard input is then no
    more than `sudo.line`. A machine without that record answers with no line at all, as if everything were missing.
    """
    return _stored("check", sudo) if document_id is None else _kept("check", document_id, sudo)


def delete_command(document_id: str, sudo: Sudo) -> str:
    """Put everything back by the applier and the record that an apply left on the machine; without them: nothing to do.

    Standard input may be what apply got, or `sudo.line` alone.
    """
    return _kept("delete", document_id, sudo)


def unite_command(path: str, sudo: Sudo) -> str:
    """Add the lines on standard input (`unite_stdin`) to a file of lines `NAME:REST`, if it is there.

    A line of a name that the file has stands in its place; the others stay. Mode and owner stay, and the applier's lock
    is held.
    """
    return _stored(check_path(path), sudo)


def unite_stdin(lines: str, sudo: Sudo) -> str:
    """Return the standard input of `unite_command`. It may hold secrets."""
    return sudo.line + unite_program() + lines


def stdin(document: Document | None, sudo: Sudo) -> str:
    """Return what goes to the standard input of apply, check and discover. It holds secrets."""
    return sudo.line + travelling() + (document.render() if document else "")


def _stored(verb: str, sudo: Sudo) -> str:
    if sudo.kind == "none":
        return f"sh -c '{_STORE}cat >$f && sh $f {verb}'"
    if sudo.kind == "passwordless":
        run = f"cat >$f && sudo -n sh $f {verb}; "
    else:
        run = f'IFS= read -r p; cat >$f && printf "%s\\n" "$p" | sudo -S -p "" sh $f {verb}; '
    return f"sh -c '{_STORE}{run}{_REFUSED % _WAYS_OUT[sudo.kind]}'"


def _kept(verb: str, document_id: str, sudo: Sudo) -> str:
    script = f"/var/lib/towpath/{check_id(document_id)}/applier.sh"
    inner = f'trap "" 1 13; if [ -f {script} ]; then exec sh {script} {verb} {document_id}; fi'
    if sudo.kind == "none":
        return f"sh -c '{inner}' </dev/null"
    escaped = inner.replace('"', '\\"')
    if sudo.kind == "passwordless":
        run = f'sudo -n sh -c "{escaped}" </dev/null; '
    else:
        run = f'IFS= read -r p; printf "%s\\n" "$p" | sudo -S -p "" sh -c "{escaped}"; '
    return f"sh -c '{run}{_REFUSED % _WAYS_OUT[sudo.kind]}'"
