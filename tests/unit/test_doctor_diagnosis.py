"""From facts to rows: one fault, one failing line, and its consequences told as such."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.doctor_stack import (
    DISCOVERED,
    NOW,
    OWN,
    SECONDS,
    UPSTREAM,
    facts,
    failed,
    outside,
    subject,
    told,
    visit,
    with_visit,
)
from towpath.applier.result import Result, Step
from towpath.doctor.answer import PullAnswer, TlsAnswer, Unit
from towpath.doctor.checks import access
from towpath.doctor.diagnosis import Facts
from towpath.doctor.finding import State
from towpath.doctor.outside import Served
from towpath.doctor.visit import Visit
from towpath.machines.document_id import cache_document_id
from towpath.ssh.errors import AuthenticationRefusedError, CommandFailedError, ConnectionLostError, UnreachableError

STACK = subject()
REFUSED = TlsAnswer(1, None, "connect:errno=111")
NO_CONNECTION = PullAnswer(1, "dial tcp: connect: connection refused")
UNTRUSTED = PullAnswer(1, "x509: certificate signed by unknown authority")
NO_LOGIN = PullAnswer(1, "Proxy Authentication Required")
LOGIN = "s_client: HTTP CONNECT failed, reason= 407 Proxy Authentication Required"
Spoil = Callable[[Facts], Facts]


def healthy() -> Facts:
    return facts(STACK)


def tls(name: str, **answers: TlsAnswer) -> Spoil:
    named = {id_.replace("_", "-"): answer for id_, answer in answers.items()}
    return lambda all_facts: with_visit(all_facts, name, tls={**visit(STACK, name).answer.tls, **named})


def pulls(name: str, endpoint: str, answer: PullAnswer) -> Spoil:
    def spoil(all_facts: Facts) -> Facts:
        before = all_facts.visits[name]
        assert isinstance(before, Visit)
        changed = {key: answer if key[1] == endpoint else value for key, value in before.answer.pulls.items()}
        return with_visit(all_facts, name, pulls=changed)

    return spoil


def without_file(name: str, prefix: str) -> Spoil:
    def spoil(all_facts: Facts) -> Facts:
        before = all_facts.visits[name]
        assert isinstance(before, Visit)
        steps = [
            replace(step, outcome="absent", reason="- - -") if step.name.startswith(prefix) else step
            for step in before.setup.steps
        ]
        assert steps != list(before.setup.steps)
        return with_visit(all_facts, name, setup=Result("checked", tuple(steps)))

    return spoil


def here(**changes: object) -> Spoil:
    return lambda all_facts: replace(all_facts, outside=replace(outside(), **changes))  # type: ignore[arg-type]


def container(condition: str) -> Spoil:
    result = Result("checked", (Step("container", "registry", condition, "abc"),))
    return lambda all_facts: with_visit(all_facts, "a", containers={"registry-a-dev": result})


def environment(name: str, runtime: str, unit: Unit) -> Spoil:
    return lambda all_facts: with_visit(all_facts, name, units={**visit(STACK, name).answer.units, runtime: unit})


def stopped(name: str, runtime: str) -> Spoil:
    steps = [replace(step, outcome="inactive") if step.name == runtime else step for step in DISCOVERED.steps]
    kept = {key: value for key, value in visit(STACK, name).answer.pulls.items() if key[0] != runtime}

    def spoil(all_facts: Facts) -> Facts:
        unit = {**visit(STACK, name).answer.units, runtime: Unit(0, "enabled")}
        gone: dict[str, object] = {"containers": {}} if runtime == "docker" else {}
        return with_visit(
            all_facts, name, discovered=Result("discovered", tuple(steps)), units=unit, pulls=kept, **gone
        )

    return spoil


SUDO = "Sorry\ntowpath: h: ops cannot become root by sudo; allow it in sudoers; nothing was changed\n"
OLD = Unit(7, "enabled", False, visit(STACK, "b").answer.units["containerd"].planned, {})
DOWN = [
    here(trouble="no answer (refused); check the address", served=None, anonymous=None, accounts={}),
    *(tls(name, own=REFUSED) for name in "ab"),
    *(pulls(name, OWN, NO_CONNECTION) for name in "ab"),
]
FAULTS: list[tuple[str, list[Spoil], set[tuple[str, str]]]] = [
    ("nothing", [], set()),
    ("a stopped registry", [container("stopped"), *DOWN], {("a", "container of the registry")}),
    ("a registry that is down though its container runs", DOWN, {("here", "registry")}),
    ("Docker stopped below the registry", [stopped("a", "docker"), *DOWN], {("a", "runtime docker")}),
    ("a node that does not reach the registry", [tls("b", own=REFUSED), pulls("b", OWN, NO_CONNECTION)],
     {("b", "registry")}),
    ("a CA that is gone from the OS", [without_file("b", "@trust@/"), pulls("b", OWN, UNTRUSTED)],
     {("b", "trust of the OS")}),
    ("a store that was not rebuilt",
     [tls("b", own=TlsAnswer(0, 401, "verify error:num=20:unable to get local issuer certificate"))],
     {("b", "trust of the OS")}),
    ("a CA that is gone from Docker", [without_file("b", f"/etc/docker/certs.d/{OWN}"), pulls("b", OWN, UNTRUSTED)],
     {("b", "docker certs.d"), ("b", f"pull by containerd from {OWN}")}),
    ("a drop-in that is gone", [without_file("b", "/etc/systemd/system/docker.service.d/")], {("b", "files")}),
    ("a daemon that was not restarted", [environment("b", "containerd", OLD), pulls("b", UPSTREAM, NO_CONNECTION)],
     {("b", "proxy of containerd"), ("b", f"pull by docker from {UPSTREAM}")}),
    ("a proxy that refuses the login",
     [tls("b", upstream_0=TlsAnswer(1, None, LOGIN)), pulls("b", UPSTREAM, NO_LOGIN)],
     {("b", "proxy")}),
    ("an upstream that the proxy does not let through",
     [tls("b", upstream_0=TlsAnswer(1, None, "s_client: HTTP CONNECT failed, reason= 403 Forbidden")),
      pulls("b", UPSTREAM, PullAnswer(1, "Forbidden"))],
     {("b", f"upstream {UPSTREAM}")}),
    ("a password that does not get in", [here(accounts={"ci": 401, "team": 200})], {("here", "accounts")}),
    ("a registry that lets everybody in", [here(anonymous=200)], {("here", "without a password")}),
    ("a clock that is slow",
     [lambda all_facts: with_visit(all_facts, "b", began_seconds=int(SECONDS) - 900, ended_seconds=int(SECONDS) - 898),
      pulls("b", OWN, PullAnswer(1, "x509: certificate has expired or is not yet valid"))],
     {("b", "clock")}),
    ("a runtime that stopped", [stopped("b", "containerd")], {("b", "runtime containerd")}),
    ("a pull that fails though all else is well", [pulls("b", OWN, NO_CONNECTION)],
     {("b", f"pull by docker from {OWN}"), ("b", f"pull by containerd from {OWN}")}),
]  # fmt: skip


@pytest.mark.parametrize(("spoils", "wanted"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_each_fault_fails_in_its_own_line(spoils: list[Spoil], wanted: set[tuple[str, str]]) -> None:
    all_facts = healthy()
    for spoil in spoils:
        all_facts = spoil(all_facts)
    ways_out = failed(STACK, all_facts)
    assert set(ways_out) == wanted
    assert all(way_out and "\n" not in way_out for way_out in ways_out.values())


def test_a_consequence_names_its_cause() -> None:
    all_facts = healthy()
    for spoil in (container("stopped"), *DOWN):
        all_facts = spoil(all_facts)
    found = told(STACK, all_facts)
    assert found["here", "registry"].state is State.SKIPPED
    assert found["here", "registry"].found.endswith("(a consequence of: container of the registry on a)")
    assert found["b", f"pull by docker from {OWN}"].state is State.SKIPPED


def test_a_registry_that_only_nodes_reach_is_a_warning() -> None:
    trouble: Spoil = here(trouble="no answer; check the address", served=None, anonymous=None, accounts={})
    found = told(STACK, trouble(healthy()))
    assert found["here", "registry"].state is State.WARN
    assert "a, b reaches it" in found["here", "registry"].found
    assert found["here", "accounts"].state is State.SKIPPED


def test_a_stack_that_is_not_up_yet_has_its_machines_checked() -> None:
    stack = replace(subject(), endpoint=None, accounts={})
    all_facts = replace(facts(stack), outside=None)
    all_facts = with_visit(all_facts, "a", setup=Result("unchanged"), containers={})
    all_facts = with_visit(all_facts, "b", setup=Result("unchanged"))
    found = told(stack, all_facts)
    assert {each.state for place, each in found.items() if place[0] != "here"} == {State.OK}
    assert found["here", "stack"].state is State.WARN
    assert found["here", "stack"].way_out == "pulumi up -s dev"
    assert ("b", "proxy") in found
    assert not any("pull" in check or "files" in check for _, check in found)


def test_a_node_that_was_never_set_up() -> None:
    spoil = pulls("b", UPSTREAM, NO_CONNECTION)
    found = failed(STACK, spoil(with_visit(healthy(), "b", setup=Result("unchanged"))))
    assert found == {("b", "files"): "pulumi up --refresh -s dev"}


@pytest.mark.parametrize(
    ("error", "check", "way_out"),
    [
        (
            UnreachableError("h", "no SSH connection to port 22 (refused); check address and sshd"),
            "ssh",
            "check address",
        ),
        (AuthenticationRefusedError("h", "it does not let 'root' in; check user"), "ssh", "check user"),
        (CommandFailedError("h", 1, "", SUDO), "root", "allow it in sudoers"),
        (CommandFailedError("h", 10, "", "another run has held the lock; let it end first"), "probe", "let it end"),
        (ConnectionLostError("h", "cut in the middle; run it again"), "probe", "run it again"),
    ],
)
def test_a_node_that_lets_nobody_in_has_one_line(error: Exception, check: str, way_out: str) -> None:
    finding = access.kept_out(error)  # type: ignore[arg-type]
    all_facts = healthy()
    all_facts = replace(all_facts, visits={**all_facts.visits, "b": finding})
    found = told(STACK, all_facts)
    assert [each for place, each in found.items() if place[0] == "b"] == [finding]
    assert finding.check == check
    assert finding.way_out.startswith(way_out)
    assert finding.state is State.FAIL
    assert not finding.found.startswith(("h: ", "towpath: ", "Sorry"))


def test_caches_are_asked_from_here_and_as_mirrors_of_nodes() -> None:
    stack = subject(registry={"node": "a", "caches": {"docker.io": {"port": 6001}}})
    all_facts = facts(stack)
    down = Result("checked", (Step("container", "registry-cache-docker.io", "stopped", "-"),))
    containers = {**all_facts.visits["a"].containers, cache_document_id("docker.io", "a", "dev"): down}  # type: ignore[union-attr]
    all_facts = with_visit(all_facts, "a", containers=containers)
    refused = {**visit(stack, "a").answer.tls, "mirror-0-0": REFUSED}
    all_facts = with_visit(all_facts, "a", tls=refused)
    all_facts = replace(all_facts, outside=replace(outside(), caches={"docker.io": "no answer; look"}))
    assert ("a", "container of the cache of docker.io") in failed(stack, all_facts)
    found = told(stack, all_facts)
    assert found["here", "cache of docker.io"].state is not State.OK
    assert found["a", "mirror 10.0.0.1:6001 of docker.io"].state is State.SKIPPED


def test_the_certificate_is_looked_at_before_it_ends() -> None:
    ending = Served(NOW, NOW)
    finding = told(STACK, here(served=ending)(healthy()))["here", "certificate"]
    assert (finding.state, finding.way_out) == (State.WARN, "pulumi up -s dev renews it")


def test_no_secret_is_told() -> None:
    spoil = pulls("b", UPSTREAM, PullAnswer(1, 'parse "http://user:proxy-pass@x y": invalid, ci-pass'))
    shown = repr(told(STACK, spoil(healthy()))) + repr(healthy())
    assert "proxy-pass" not in shown
    assert "ci-pass" not in shown
