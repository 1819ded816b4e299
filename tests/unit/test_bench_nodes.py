"""The nodes of the benchmark: settings that hold, and files that differ by the node's address alone, as the peers'."""

from pathlib import Path

from bench.nodes.wish import configuration, documents, settings_of
from lab.paths import Paths
from lab.topology import node_address
from tests.unit.self_signed import certificate_for
from towpath.applier.document import Document
from towpath.applier.entries import File


def files(document: Document, address: str) -> dict[str, str]:
    return {
        each.path: str(each.content).replace(address, "ADDRESS") for each in document.files if isinstance(each, File)
    }


def test_every_node_is_to_look_the_same(tmp_path: Path) -> None:
    ca_pem, _ = certificate_for("10.0.0.1")
    paths = Paths(checkout=tmp_path)
    paths.upstream_ca.parent.mkdir(parents=True)
    paths.upstream_ca.write_text(ca_pem)

    wished = documents(settings_of(configuration(["node-3", "node-4"], paths)), ca_pem)

    first, second = (files(wished[name], node_address(name)) for name in ("node-3", "node-4"))
    assert "ADDRESS" in "".join(first.values())
    assert first == second
