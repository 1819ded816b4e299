"""The applier's program as it travels: packed, since its text stands in the state of every machine, twice.

What unpacks it must be the same bytes everywhere, or two people's states would differ by their zlib. So the packed text
is kept as a file of this package: `python -m towpath.applier.packing` writes it anew after a change of the program.
Should it be of another program, the plain text travels.
"""

import base64
import functools
import gzip
import zlib
from pathlib import Path

from towpath.applier.program import MARK, program

PLACE = Path(__file__).parent / "script" / "program.packed"
_WIDTH = 120

_UNPACK = f"""#!/bin/sh
umask 077
d=$(mktemp -d "$0.XXXXXX") || exit 10
trap 'rm -rf "$d"' 0
if base64 -d <<'PACKED' | gzip -dc >"$d/applier" && [ -s "$d/applier" ]; then
%s
PACKED
awk 'found {{ print }} $0 == "{MARK}" {{ found = 1 }}' "$0" >>"$d/applier"
sh "$d/applier" "$@"
exit
fi
why="it needs base64, gzip and free space in ${{0%%/*}}"
echo "towpath: $(uname -n): the applier cannot be unpacked: $why; nothing was changed" >&2
exit 10
{MARK}
"""


@functools.cache
def travelling() -> str:
    """Return a script that does what the program does with the document behind it. It ends in the line `MARK`."""
    try:
        packed = PLACE.read_text(encoding="ascii").strip()
        current = gzip.decompress(base64.b64decode(packed)) == program().encode()
    except (OSError, ValueError, EOFError, zlib.error):
        current = False
    return _UNPACK % packed if current else program()


def pack() -> str:
    """Return the text of the packed file."""
    text = base64.b64encode(gzip.compress(program().encode(), mtime=0)).decode()
    return "".join(f"{text[at : at + _WIDTH]}\n" for at in range(0, len(text), _WIDTH))


if __name__ == "__main__":
    PLACE.write_text(pack(), encoding="ascii")
