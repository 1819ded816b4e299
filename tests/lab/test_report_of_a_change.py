"""The report of a change to nodes, credentials, namespaces and images at once, of a real preview, as a committed file.

`TOWPATH_WRITE_GOLDEN=1` writes the file anew, and the photograph of its page in the documentation. What differs from
machine to machine has a word in its place.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.lab_access import CHECKOUT
from tests.lab.node_access import stack_on
from tests.unit.browser import browser
from towpath.report.compose import compose
from towpath.report.markdown import to_markdown
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.stream import read_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.api_server import ApiServer
    from tests.lab.lab_access import LabAccess
    from tests.lab.node_access import NodeAccess
    from tests.lab.stack_workspace import StackWorkspace

PORT = 6072
HOST = "registry.report.test"
GOLDEN = Path(__file__).with_name("report_of_a_change.md")
ROTATING = {"name": "ci", "role": "push", "rotate_after_days": 90}
PHOTOGRAPH = CHECKOUT / "docs" / "assets" / "report-page.png"
UPSTREAM_CA = "/etc/docker/certs.d/upstream.towpath.test/ca.crt"
VARYING = (
    (r"sha256:[0-9a-f]{12,64}", "sha256:DIGEST"),
    (r"[\d,]+ bytes \([\d.]+ [kMG]?B\)", "N bytes (N MB)"),
    (r"[\d.]+ [kMG]?B\b", "N MB"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "MOMENT"),
    (r"(made on|from) \d{4}-\d\d-\d\d", r"\1 DAY"),
    # A resource more, which nobody who reads a report would miss, is no other report.
    (r"\d+ to (create|update|replace|delete)", r"N to \1"),
    (r"\d+ resources? unchanged", "N resources unchanged"),
)


@pytest.fixture(scope="module")
def names(api_server: ApiServer) -> Iterator[list[str]]:
    with api_server.namespaces("a", "b", "c") as names:
        yield names


@pytest.fixture(scope="module")
def reported(
    lab: LabAccess,
    spare_nodes: tuple[NodeAccess, NodeAccess],
    api_server: ApiServer,
    names: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StackWorkspace]:
    """A stack that is up."""
    stack = stack_on(lab, spare_nodes, tmp_path_factory.mktemp("report"), PORT)
    stack.change(
        "nodes",
        setup={"runtimes": ["docker", "containerd"]},
        members={f"worker-{number}": {"address": node.address} for number, node in enumerate(spare_nodes, 1)},
        upstreams={lab.upstream: {"ca_pem": (lab.state / "upstream-ca.pem").read_text()}},
    )
    stack.change("registry", node="worker-1", host=HOST)
    archive = {"from": str(lab.image_archive("hello")), "to": "team/app:1.0"}
    stack.configure(
        proxy={"http": lab.proxy, "node_cidrs": ["10.89.0.0/24"]},
        cluster={"kubeconfig_file": str(api_server.control_plane.kubeconfig)},
        accounts=[ROTATING, {"name": "team-a"}],
        namespaces={"rules": [{"names": names[:2], "service_accounts": "default"}]},
        images={"mirror": [archive, {"from": f"{lab.upstream}/hello:1", "to": "team/moving:1"}]},
    )
    try:
        stack.up().ok()
        yield stack
    finally:
        stack.destroy("--continue-on-error").ok()
        spare_nodes[0].sh(f"rm -rf /data/registry-{PORT}")


def _change(lab: LabAccess, reported: StackWorkspace, names: list[str]) -> None:
    reported.change("proxy", no_proxy=["git.example.test"])
    reported.change("registry", certificate={"validity_days": 180})
    reported.configure(
        accounts=[{**ROTATING, "rotation": 2}, {"name": "team-b"}],
        namespaces={"rules": [{"names": names[1:], "service_accounts": "default"}]},
        images={
            "mirror": [
                {"from": f"{lab.upstream}/hello:2", "to": "team/moving:1"},
                {"from": f"{lab.upstream}/hello:multi"},
            ],
            "retention": {"policies": [{"repositories": "team/app", "keep_tags": ["2.*"], "delete_untagged": True}]},
        },
    )


def _streamed(reported: StackWorkspace) -> str:
    """Preview as a workflow does, with a look at the machines."""
    return subprocess.run(
        ["pulumi", "preview", "--json", "--refresh", "--non-interactive", "-s", reported.stack],
        cwd=reported.folder,
        env={**reported.environment, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_the_report_of_a_change_of_everything_is_as_committed(
    lab: LabAccess,
    spare_nodes: tuple[NodeAccess, NodeAccess],
    reported: StackWorkspace,
    names: list[str],
    tmp_path: Path,
) -> None:
    logins = reported.outputs()["credentials"].values()
    restarts = [node.starts() for node in spare_nodes]
    _change(lab, reported, names)
    spare_nodes[1].sh(f"echo by hand >>{UPSTREAM_CA}")

    stream = _streamed(reported)

    preview = read_stream(stream)
    report = compose(preview)
    shown = to_markdown(report)
    assert preview.result == "succeeded", shown
    for text in (stream, shown, to_page(report, picture_of(preview))):
        assert not [login["username"] for login in logins if login["password"] in text]
    assert [node.starts() for node in spare_nodes] == restarts
    for pattern, word in (*VARYING, (rf"{names[0][:-2]}-", "team-")):
        shown = re.sub(pattern, word, shown)
    if os.environ.get("TOWPATH_WRITE_GOLDEN"):
        GOLDEN.write_text(shown, encoding="utf-8")
        with browser(tmp_path) as found:
            page = to_page(report, picture_of(preview)).replace(f"{names[0][:-2]}-", "team-")
            found.photograph(page, PHOTOGRAPH, (1040, 900))
    assert shown == GOLDEN.read_text(encoding="utf-8")
