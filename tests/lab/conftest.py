"""The lab that tests of the product run on: brought up once a session, used by all, left running.

A test that changes a node puts it back, or works on a node of its own from `lab.add_node()`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from lab.cluster.local_control_plane import ControlPlane
from tests.lab import session_turns
from tests.lab.api_server import ApiServer
from tests.lab.cluster_access import ClusterAccess
from tests.lab.lab_access import LabAccess, lab_command, shell_environment
from tests.lab.node_access import NodeAccess, prepare
from tests.lab.redis_server import RedisServer
from tests.lab.s3_server import LAB_HOST, S3Server
from tests.lab.stack_workspace import StackWorkspace, new_stack

_turns = pytest.StashKey[list[TextIO]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Let other sessions that use the same ports end first; ours are free again when this process ends."""
    if session.config.option.collectonly:
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    names = session_turns.wanted(session.items, Path(__file__).parent)
    if hasattr(session.config, "workerinput"):
        if names and "TOWPATH_TEST_TURNS_TAKEN" not in os.environ:
            raise pytest.UsageError("tests of the lab share nodes and ports: use --side-by-side in place of -n")
        return
    session.config.stash[_turns] = session_turns.take(names, reporter.write_line if reporter else print)


@pytest.fixture(scope="session")
def lab() -> LabAccess:
    """The lab, up."""
    lab_command("up").check()
    return LabAccess(shell_environment())


@pytest.fixture(scope="session")
def cluster(lab: LabAccess) -> ClusterAccess:
    """The lab's cluster, up on all its nodes."""
    lab_command("up", "--cluster").check()
    return ClusterAccess(LabAccess(shell_environment()))


@pytest.fixture(scope="session")
def stack(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackWorkspace]:
    """A stack of this program, up on the lab's two nodes, for tests that leave it as it was; destroyed at the end."""
    workspace = new_stack(lab, tmp_path_factory.mktemp("stack"), port=6010)
    workspace.up().ok()
    yield workspace
    workspace.destroy().ok()


@pytest.fixture
def new_workspace(lab: LabAccess, tmp_path: Path) -> Iterator[StackWorkspace]:
    """A stack of this program of the test's own, not up yet; destroyed at the end, however the test ended."""
    workspace = new_stack(lab, tmp_path / "stack", port=6011)
    yield workspace
    workspace.pulumi("cancel", "--yes", "-s", workspace.stack)
    workspace.destroy("--continue-on-error").ok()


@pytest.fixture(scope="session")
def spare_nodes(lab: LabAccess) -> Iterator[tuple[NodeAccess, NodeAccess]]:
    """Two nodes of the session's own, for stacks that change their runtimes; removed at the end.

    Whoever uses them leaves them as they were found.
    """
    names: list[str] = []
    try:
        names.extend(lab.add_node() for _ in range(2))
        first, second = (prepare(lab, name) for name in names)
        yield first, second
    finally:
        for name in names:
            lab.remove_node(name)


@pytest.fixture(scope="session")
def s3(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 endpoint that nodes and pods reach; make a bucket of your own in it."""
    with S3Server(tmp_path_factory.mktemp("s3"), host=LAB_HOST) as server:
        yield server


@pytest.fixture(scope="session")
def redis(lab: LabAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis with a password that nodes and pods reach."""
    with RedisServer(tmp_path_factory.mktemp("redis"), host=LAB_HOST) as server:
        yield server


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server of the session's own, without nodes: pods stay pending."""
    with ControlPlane(tmp_path_factory.mktemp("api")) as control_plane:
        yield ApiServer(control_plane)
