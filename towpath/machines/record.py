"""A connection as plain values, the way a Pulumi state can keep it (as a secret), and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from towpath.applier.bootstrap import Sudo
from towpath.ssh.connection import Connection


def to_record(connection: Connection) -> dict[str, Any]:
    """Return nested dicts of what is set; keys are the fields of `Connection`."""
    return _without_empty(dataclasses.asdict(connection))


def from_record(record: Mapping[str, Any]) -> Connection:
    """Make the connection again; numbers may have come back as floats."""
    values = dict(record)
    proxy, sudo = values.pop("proxy", None), values.pop("sudo", {})
    values["port"] = int(values.get("port", 22))
    return Connection(**values, proxy=from_record(proxy) if proxy else None, sudo=Sudo(**sudo))


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_empty(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
