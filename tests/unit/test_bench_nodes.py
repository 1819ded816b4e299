"""The nodes of the benchmark: settings that hold, and one document for all of them, as the peers have."""

from pathlib import Path

from bench.nodes.wish import configuration, documents, settings_of
from lab.paths import Paths
from tests.unit.self_signed import certificate_for


def test_every_node_is_to_look_the_same(tmp_path: Path) -> None:
    ca_pem, _ = certificate_for("10.0.0.1")
    paths = Paths(checkout=tmp_path)
    paths.upstream_ca.parent.mkdir(parents=True)
    paths.upstream_ca.write_text(ca_pem)

    wished = documents(settings_of(configuration(["node-3", "node-4"], paths)), ca_pem)

    assert wished["node-3"].entries
    assert wished["node-3"].entries == wished["node-4"].entries
