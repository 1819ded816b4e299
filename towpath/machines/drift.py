"""Look at a machine for drift: a read-only run of the applier against the document that its last apply recorded."""

import asyncio
from collections.abc import Mapping
from typing import Any

from towpath.applier.bootstrap import check_command
from towpath.applier.result import parse_result
from towpath.applier.summary import Summary, actual_summary
from towpath.machines.record import from_record


def check_machine(record: Mapping[str, Any], document_id: str, salt: str) -> Summary:
    """Return what is there now, in the shape of the wish. A machine without a record has nothing.

    Raises SshError where the machine cannot be asked, ResultError where it answers nonsense.
    """
    from towpath.ssh.session import run  # noqa: PLC0415 the SSH library takes a third of a second to import

    connection = from_record(record)
    ran = asyncio.run(run(connection, check_command(connection.sudo, document_id), connection.sudo.line))
    return actual_summary(parse_result(ran.stdout), salt)
