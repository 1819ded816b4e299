"""All judgements about one node, in the order in which one depends on another."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from towpath.applier.summary import actual_summary, summary
from towpath.doctor.answer import Unit
from towpath.doctor.causes import because
from towpath.doctor.checks import access, containers, pulls, registry_path, setup, way_out
from towpath.doctor.checks.clock import clock_finding, skew_seconds
from towpath.doctor.checks.daemon_proxy import Daemon, daemon_proxy_finding, proxy_check
from towpath.doctor.checks.names import name_finding
from towpath.doctor.checks.runtimes import runtime_check, runtime_findings
from towpath.doctor.checks.space import space_findings
from towpath.doctor.finding import Finding, Row
from towpath.doctor.inquiry import OWN, pulled_upstreams
from towpath.doctor.outside import Outside
from towpath.doctor.subject import Subject
from towpath.doctor.tls_words import TlsFinding, tls_finding
from towpath.doctor.visit import Visit
from towpath.doctor.ways import Way, ways
from towpath.nodes.facts import facts_of, narrowed
from towpath.nodes.node import node_document
from towpath.nodes.wish import RUNTIMES, NodeWish, Runtime
from towpath.ssh.connection import Connection

_SALT = "doctor"
"""The digests that it salts are compared here and never leave."""


@dataclass(frozen=True)
class NodeCase:
    """A node with everything that is known of it."""

    subject: Subject
    name: str
    connection: Connection
    visit: Visit
    outside: Outside | None
    now: dt.datetime

    @cached_property
    def wish(self) -> NodeWish:
        """What it is to be told."""
        return self.subject.wish(self.name)

    @cached_property
    def tls(self) -> Mapping[str, TlsFinding]:
        """What its openssl found, by question."""
        return {id_: tls_finding(answer) for id_, answer in self.visit.answer.tls.items()}

    @property
    def own(self) -> TlsFinding | None:
        """What it found of the private registry."""
        return self.tls.get(OWN)

    @property
    def holds_registry(self) -> bool:
        """Whether the registry runs on it."""
        return self.name == self.subject.settings.registry_node


class NodeDiagnosis:
    """Collects findings; `causes` are rows of this and other places that may explain a failure."""

    def __init__(self, case: NodeCase) -> None:
        self._case = case
        self._by_check: dict[str, Finding] = {}
        self._wrong_paths: Mapping[str, str] = {}

    def begin(self) -> list[Row]:
        """Judge what depends on nothing else: access, software, containers."""
        case = self._case
        self._add(access.let_in(case.connection))
        needed = {"docker"} if case.holds_registry else set()
        self._add(*runtime_findings(case.wish, case.visit.discovered, case.visit.answer.units, needed))
        if case.holds_registry and case.subject.endpoint:
            for document, what in case.subject.container_documents().items():
                checked = case.visit.containers.get(document)
                finding = containers.container_finding(what, checked, case.subject.repair)
                self._add_because(finding, [runtime_check("docker")])
        return self.rows

    def finish(self, registry: Sequence[Row]) -> list[Row]:
        """Judge the rest. `registry`: rows that tell, where the registry does not answer, why."""
        self._clock_and_space()
        if self._case.subject.endpoint:
            self._setup()
            self._registry(registry)
        self._proxies()
        self._ways()
        self._pulls(registry)
        return self.rows

    @property
    def rows(self) -> list[Row]:
        """Everything so far."""
        return [Row(self._case.name, finding) for finding in self._by_check.values()]

    def _add(self, *findings: Finding) -> None:
        self._by_check.update({finding.check: finding for finding in findings})

    def _add_because(self, finding: Finding, checks: Sequence[str], others: Sequence[Row] = ()) -> None:
        own = [Row(self._case.name, self._by_check[check]) for check in checks if check in self._by_check]
        self._add(because(self._case.name, finding, [*own, *others]))

    def _clock_and_space(self) -> None:
        visit, served = self._case.visit, self._case.outside.served if self._case.outside else None
        node = (visit.answer.began_seconds, visit.answer.ended_seconds)
        skew = skew_seconds(node, (visit.began_seconds, visit.ended_seconds))
        self._add(clock_finding(skew, self._case.now, served), *space_findings(visit.answer.spaces))

    def _setup(self) -> None:
        case, repair = self._case, self._case.subject.repair
        if not case.visit.setup.steps:
            self._add(setup.never_applied(repair))
            return
        facts, id_ = facts_of(case.visit.discovered), case.subject.node_document(case.name)
        wished = summary(node_document(narrowed(facts, case.wish), document_id=id_), _SALT)
        known = summary(node_document(case.wish, document_id=id_), _SALT)
        found = actual_summary(case.visit.setup, _SALT)
        self._wrong_paths = setup.differences(wished, found, known)
        self._add(*setup.setup_findings(wished, self._wrong_paths, repair).values())

    def _registry(self, causes: Sequence[Row]) -> None:
        case = self._case
        for host, addresses in case.visit.answer.addresses.items():
            address = case.wish.registries[0].address
            self._add_because(name_finding(host, addresses, address, case.subject.repair), [setup.FILES])
        if case.own is None or not case.visit.answer.openssl:
            self._add(registry_path.no_openssl(registry_path.REGISTRY))
            return
        finding = registry_path.registry_path_finding(case.subject.registry, case.own)
        self._add_because(finding, ["name", "clock"], causes)
        if setup.OS_TRUST in self._by_check:
            self._add(registry_path.os_trust_finding(self._by_check[setup.OS_TRUST], case.own))

    def _proxies(self) -> None:
        """Judge the daemons' environments, once there is something that they should have read."""
        visit = self._case.visit
        for name, unit in visit.answer.units.items():
            if unit.pid and visit.setup.steps:
                self._add(daemon_proxy_finding(self._daemon(name, unit), self._case.wish, self._case.subject.repair))

    def _daemon(self, name: str, unit: Unit) -> Daemon:
        visit, runtime = self._case.visit, next(each for each in RUNTIMES if each == name)
        return Daemon(
            runtime=runtime,
            unit=unit,
            systemd=facts_of(visit.discovered).init == "systemd",
            docker=visit.answer.docker,
            wrong_paths=self._wrong_paths,
        )

    def _ways(self) -> None:
        case = self._case
        if not case.visit.answer.openssl:
            return
        leading = {way.id: way for way in ways(case.wish)}
        if case.wish.proxy:
            through = {id_: found for id_, found in case.tls.items() if id_ in leading and leading[id_].proxied}
            self._add(way_out.proxy_finding(case.wish.proxy, through))
        for way in leading.values():
            if way.check:
                finding = way_out.way_finding(way, case.tls.get(way.id))
                self._add_because(finding, [*([way_out.PROXY] if way.proxied else []), "clock"], self._cache_rows(way))

    def _cache_rows(self, way: Way) -> list[Row]:
        """Return what may explain a mirror that fails: the cache's container, if it is one of ours on this node."""
        own = way.host == self._case.subject.settings.cache_host
        rows = [row for row in self.rows if row.finding.check.startswith(containers.container_check("cache"))]
        return rows if own else []

    def _pulls(self, registry: Sequence[Row]) -> None:
        answers = self._case.visit.answer.pulls
        for (name, endpoint), answer in answers.items():
            own = self._case.subject.endpoint is not None and endpoint == self._case.subject.endpoint.registry
            case = pulls.PullCase(name, endpoint, own, self._case.subject.repair, self._login_holds(name))
            finding = pulls.pull_judgement(case, answer, self._secrets())
            checks = [
                proxy_check(name) if name in RUNTIMES else "",
                "clock",
                *self._causes_of_pull(name, endpoint, own),
            ]
            self._add_because(finding, checks, registry if own else ())

    def _causes_of_pull(self, name: str, endpoint: str, own: bool) -> list[str]:
        trust = {"docker": setup.DOCKER_TRUST, "containerd": setup.CONTAINERD_HOSTS}.get(name, setup.FILES)
        shared = [trust, setup.FILES, setup.OS_TRUST]
        if own:
            return [*shared, "name", registry_path.REGISTRY]
        runtime: Runtime = next(each for each in RUNTIMES if each == name)
        hosts = [each.host for each in pulled_upstreams(self._case.wish, runtime) if each.host == endpoint]
        ways_there = [way.check for way in ways(self._case.wish) if any(host in way.check.split(" ") for host in hosts)]
        return [*shared, way_out.PROXY, *ways_there]

    def _login_holds(self, runtime: str) -> bool | None:
        account, outside = self._case.subject.pulling_account, self._case.outside
        if runtime not in {"docker", "podman"} or outside is None or account is None:
            return None
        return outside.accounts.get(account) == 200  # noqa: PLR2004 HTTP's own number

    def _secrets(self) -> tuple[str, ...]:
        proxy = self._case.wish.proxy.secrets if self._case.wish.proxy else ()
        return (*proxy, *(login.password for login in self._case.subject.accounts.values()))
