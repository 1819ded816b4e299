"""Agents are put onto a node when their files differ, restarted when they did, and started when they do not run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pytest

from lab.archive import Member
from lab.cluster.agents import MARKS, Agents
from lab.cluster.node_units import KUBE_PROXY, KUBELET, POD_NETWORK, UNITS
from lab.cluster.programs import ClusterPrograms
from lab.errors import CommandError, PartError
from lab.paths import Paths

if TYPE_CHECKING:
    from lab.docker_client import Docker

SANDBOX = 'sandbox_image = "registry.k8s.io/pause:3.6"'


@dataclass
class Node:
    """Stands for a Docker client and the one node it speaks to: notes what is done, answers what it is told to."""

    states: Sequence[str] = ("active",) * len(UNITS)
    marks: str | None = None
    settings: str = f"  {SANDBOX}\n"
    images: str = "registry.k8s.io/pause:3.6"
    starts: bool = True
    done: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, *args: str, stdin: bytes | IO[bytes] | None = None) -> str:
        self.done.append(args)
        if "restart" in args and not self.starts:
            raise CommandError("failed")
        if MARKS in args:
            if self.marks is None:
                raise CommandError("no such file")
            return self.marks
        if args[-2:] == ("config", "dump"):
            return self.settings
        return self.images if "list" in args else ""

    def names(self, *args: str) -> list[str]:
        return list(self.states)

    def verbs(self) -> list[tuple[str, ...]]:
        """What systemd was asked to do with units."""
        return [args[3:] for args in self.done if args[2:3] == ("systemctl",) and args[3] in {"restart", "start"}]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(checkout=tmp_path, cache=tmp_path / "cache", run=tmp_path / "run")
    made.logs.mkdir(parents=True)
    made.run.mkdir()
    return made


def agents(paths: Paths, node: Node) -> Agents:
    programs = ClusterPrograms(paths.cache / "kubernetes-1", paths.cache / "etcd", paths.cache / "pause")
    for folder, name in (
        (programs.kubernetes, "kubelet"),
        (programs.kubernetes, "kube-proxy"),
        (paths.cache / "pause", "pause"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return Agents(paths, cast("Docker", node), programs)


def files(pod_network: bytes = b"routes") -> dict[str, list[Member]]:
    contents = {POD_NETWORK: pod_network, KUBE_PROXY: b"proxy", KUBELET: b"kubelet"}
    return {unit: [Member(f"/etc/{unit}", content)] for unit, content in contents.items()}


def marks_after(paths: Paths, given: dict[str, list[Member]]) -> str:
    """What a node remembers after it got these files."""
    packed: list[bytes] = []

    class Recording(Node):
        def __call__(self, *args: str, stdin: bytes | IO[bytes] | None = None) -> str:
            if isinstance(stdin, bytes):
                packed.append(stdin)
            return super().__call__(*args, stdin=stdin)

    agents(paths, Recording()).install("node-1", given)
    start = packed[-1].index(b'{"pod-network')
    return json.dumps(json.loads(packed[-1][start : packed[-1].index(b"}", start) + 1]))


def test_a_new_node_gets_everything_programs_included(paths: Paths) -> None:
    node = Node()

    assert agents(paths, node).install("node-1", files()) == list(UNITS)

    copied = [args[2] for args in node.done if args[0] == "cp" and args[1] != "-"]
    assert copied == ["node-1:/usr/local/bin/kube-proxy", "node-1:/usr/local/bin/kubelet"]


def test_a_node_that_has_just_these_files_is_only_asked(paths: Paths) -> None:
    node = Node(marks=marks_after(paths, files()))

    assert agents(paths, node).install("node-1", files()) == []
    assert node.done == [("exec", "node-1", "cat", MARKS)]


def test_a_changed_file_brings_its_own_unit_alone(paths: Paths) -> None:
    node = Node(marks=marks_after(paths, files()))

    assert agents(paths, node).install("node-1", files(b"more routes")) == [POD_NETWORK]
    assert [args for args in node.done if args[0] == "cp"] == [("cp", "-", "node-1:/")]


def test_unreadable_marks_count_as_none(paths: Paths) -> None:
    assert agents(paths, Node(marks="{")).install("node-1", files()) == list(UNITS)


@pytest.mark.parametrize(
    "settings", [f"    {SANDBOX}\n", "  sandbox = 'registry.k8s.io/pause:3.10.1'\n"], ids=["1.6", "2.x"]
)
def test_the_sandbox_image_gets_the_name_that_containerd_asks_for(paths: Paths, settings: str) -> None:
    node = Node(settings=settings, images="")
    name = settings.strip().split(" = ")[1].strip("'\"")

    def saved(*args: str, stdin: bytes | IO[bytes] | None = None) -> str:
        if args[0] == "save":
            Path(args[2]).touch()
        return node(*args, stdin=stdin)

    agents(paths, cast("Node", saved)).install("node-1", files())

    assert ("import", "--change", 'ENTRYPOINT ["/pause"]', "-", name) in node.done
    assert list(paths.run.iterdir()) == []


def test_a_containerd_that_names_no_sandbox_image_is_an_error(paths: Paths) -> None:
    with pytest.raises(PartError, match=r"node-1.*containerd config dump"):
        agents(paths, Node(settings="version = 2")).install("node-1", files())


def test_what_runs_unchanged_is_left_alone(paths: Paths) -> None:
    node = Node()

    assert agents(paths, node).start("node-1", []) is False
    assert node.verbs() == []


@pytest.mark.parametrize("broken", range(len(UNITS)))
def test_any_unit_that_does_not_run_is_started_and_the_others_are_not_restarted(paths: Paths, broken: int) -> None:
    node = Node(states=["failed" if place == broken else "active" for place in range(len(UNITS))])

    assert agents(paths, node).start("node-1", []) is True
    assert node.verbs() == [("start", *UNITS)]


def test_only_changed_units_are_restarted(paths: Paths) -> None:
    node = Node()

    assert agents(paths, node).start("node-1", [POD_NETWORK]) is True
    assert node.verbs() == [("restart", POD_NETWORK), ("start", *UNITS)]


def test_an_agent_that_does_not_start_names_node_and_log(paths: Paths) -> None:
    with pytest.raises(PartError, match=r"node-1 do not start: read .*node-1-kubelet\.log"):
        agents(paths, Node(starts=False)).start("node-1", [KUBELET])
    assert (paths.logs / "node-1-kubelet.log").exists()
