"""The same as playbook.yml for pyinfra, which runs this file with its own interpreter."""

import json
from pathlib import Path
from typing import Any

from pyinfra import host  # type: ignore[import-not-found]
from pyinfra.operations import files, server, systemd  # type: ignore[import-not-found]
from pyinfra.operations.util import any_changed  # type: ignore[import-not-found]

TEMPLATES = {"containerd", "docker"}
GROUPS = json.loads(Path("files.json").read_text(encoding="utf-8"))["groups_of_files"]


def put(group: str) -> list[Any]:
    """Write a group of files; those that have the node's address in them are templates."""
    write, data = (files.template, {"address": host.data.address}) if group in TEMPLATES else (files.put, {})
    return [
        write(
            name=each["path"],
            src=each["source"],
            dest=each["path"],
            mode=each["mode"],
            user="root",
            group="root",
            **data,
        )
        for each in GROUPS[group]
    ]


trust = put("trust")
containerd = put("containerd")
put("containerd_files")
docker = put("docker")
put("docker_files")
server.shell(name="Rebuild the trust store", commands=["update-ca-certificates"], _if=any_changed(*trust))
for unit, changed in (("containerd", containerd), ("docker", docker)):
    systemd.service(unit, restarted=True, daemon_reload=True, _if=any_changed(*changed))
