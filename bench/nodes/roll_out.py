"""One roll-out without an engine: settings to documents, one SSH connection a node, all nodes at once.

Reads a stack's settings as JSON from standard input; prints each node's outcome. Takes the CA's file as its argument.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.nodes.wish import connections_of, documents, settings_of
from towpath.applier.bootstrap import apply_command, stdin
from towpath.applier.document import Document
from towpath.applier.result import parse_result
from towpath.ssh.connection import Connection
from towpath.ssh.session import run


async def _apply(connection: Connection, document: Document) -> str:
    ran = await run(connection, apply_command(connection.sudo), stdin(document, connection.sudo))
    return parse_result(ran.stdout).status


async def _all(reached: Mapping[str, Connection], wished: Mapping[str, Document]) -> list[str]:
    return await asyncio.gather(*(_apply(reached[name], document) for name, document in wished.items()))


def main() -> None:
    """Roll out to all nodes."""
    settings = settings_of(json.load(sys.stdin))
    wished = documents(settings, Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(" ".join(asyncio.run(_all(connections_of(settings), wished))) + "\n")


if __name__ == "__main__":
    main()
