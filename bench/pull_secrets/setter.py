"""Serve namespaces without the Pulumi engine: `python -m bench.pull_secrets.setter serve FOLDER`, or `look FOLDER`.

It does what the program does (settings, survey) and then what the resource does. The state, else the engine's, is a
file in the folder, beside what is to be done.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from towpath.cluster.access import ClusterAccess
from towpath.pull_secrets import set_lifecycle
from towpath.pull_secrets.secret_set import raise_for
from towpath.pull_secrets.survey import survey
from towpath.settings.namespaces import Namespaces

TOLD, STATE = "told.json", "state.json"
OWNER = "bench-set"


async def wanted(told: dict[str, Any]) -> dict[str, Any]:
    """Ask the cluster which namespaces there are, and return what the resource would be given."""
    access, settings = ClusterAccess(told["kubeconfig"]), Namespaces.model_validate(told["namespaces"])
    async with access.client() as client:
        found = await survey(client, settings, OWNER)
    raise_for("looking", found.refused)
    return {
        "access": access.to_record(),
        "contents": {"0": {"config": told["content"], "username": "", "password": ""}},
        "secret_name": settings.secret,
        "owner": OWNER,
        "adopt": settings.adopt,
        "applies": True,
        "ca_pem": "",
        "namespaces": {chosen.name: {"content": str(chosen.rule), "cdi": False} for chosen in found.chosen},
        "refused": {},
    }


def serve(folder: Path) -> None:
    """Serve what the state does not have. Raises PullSecretsError where something failed."""
    news, state = asyncio.run(wanted(_read(folder / TOLD))), folder / STATE
    done = set_lifecycle.updated(_read(state), news) if state.exists() else set_lifecycle.created(news)
    raise_for("serving", done["failed"])
    state.write_text(json.dumps(done), encoding="utf-8")


def look(folder: Path) -> None:
    """Compare with the state, and each secret in the cluster too. Raises RuntimeError if there is something to do."""
    news, olds = asyncio.run(wanted(_read(folder / TOLD))), _read(folder / STATE)
    if set_lifecycle.has_changed(olds, news) or set_lifecycle.found(olds)["drifted"]:
        raise RuntimeError("there is something to do")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    {"serve": serve, "look": look}[sys.argv[1]](Path(sys.argv[2]))
