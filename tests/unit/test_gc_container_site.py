"""The conversation with a node: what the collector printed does not count if it failed afterwards."""

from typing import cast

import pytest

from towpath.images.collection.container_site import ContainerSite
from towpath.images.collection.place import RegistryContainerPlace
from towpath.images.collection.report import CollectorError
from towpath.ssh.connection import Connection
from towpath.ssh.dialogue import Dialogue, Reply

COUNTED = "1 blobs marked, 1 blobs and 0 manifests eligible for deletion\n"


class Node:
    """Answers each line with the same."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    async def ask(self, _line: str, _seconds: float) -> Reply:
        return self.reply


def site(monkeypatch: pytest.MonkeyPatch, reply: Reply) -> ContainerSite:
    place = RegistryContainerPlace("registry", "/etc/towpath/config.yml", "/data/registry", "/etc/registry/config.yml")
    made = ContainerSite(Connection("10.0.0.5", "ssh-ed25519 AAAA"), place, 60)
    monkeypatch.setattr(made, "_talk", cast("Dialogue", Node(reply)))
    return made


async def test_a_sweep_that_failed_after_it_counted_is_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = site(monkeypatch, Reply(COUNTED + "failed to delete blob: permission denied\n", "1"))
    with pytest.raises(CollectorError, match=r"failed while it swept; .*permission denied"):
        await failing.collect()
    assert await site(monkeypatch, Reply(COUNTED, "0")).collect() == COUNTED


async def test_a_dry_run_of_an_empty_storage_may_end_with_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await site(monkeypatch, Reply("Path not found: /repositories", "1")).dry_run()
