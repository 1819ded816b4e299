"""From facts to rows: what is seen from here, then each node, each fault told once."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from towpath.doctor.causes import because
from towpath.doctor.checks import registry_here
from towpath.doctor.finding import HERE, Finding, Row, skipped
from towpath.doctor.node_diagnosis import NodeCase, NodeDiagnosis
from towpath.doctor.outside import Outside
from towpath.doctor.subject import Subject
from towpath.doctor.visit import Visit
from towpath.ssh.connection import Connection


@dataclass(frozen=True)
class Facts:
    """Everything that was gathered. A node that could not be visited has the finding that says why."""

    outside: Outside | None
    visits: Mapping[str, Visit | Finding]
    now: dt.datetime


def diagnose(subject: Subject, connections: Mapping[str, Connection], facts: Facts) -> list[Row]:
    """Judge everything. Raises NodeError for settings that no runtime can carry."""
    cases = [
        NodeCase(subject, name, connections[name], visit, facts.outside, facts.now)
        for name, visit in facts.visits.items()
        if isinstance(visit, Visit)
    ]
    diagnoses = {case.name: NodeDiagnosis(case) for case in cases}
    begun = [row for diagnosis in diagnoses.values() for row in diagnosis.begin()]
    seen_here = _seen_here(subject, facts, cases, _why_no_registry(subject, begun))
    why = [
        *_why_no_registry(subject, begun),
        *(row for row in seen_here if row.finding.check == registry_here.REGISTRY),
    ]
    rows = list(seen_here)
    for name, visit in facts.visits.items():
        rows += [Row(name, visit)] if isinstance(visit, Finding) else diagnoses[name].finish(why)
    return rows


def left_alone(name: str) -> Row:
    """Return the row of a node that the settings declare gone."""
    return Row(name, skipped("ssh", "the settings say that it is gone"))


def _why_no_registry(subject: Subject, begun: list[Row]) -> list[Row]:
    """Return the rows that explain a registry that does not answer: its container, or the Docker below it."""
    checks = {"runtime docker", "container of the registry"}
    return [row for row in begun if row.node == subject.settings.registry_node and row.finding.check in checks]


def _seen_here(subject: Subject, facts: Facts, cases: list[NodeCase], why: list[Row]) -> list[Row]:
    outside = facts.outside
    if outside is None:
        return [Row(HERE, registry_here.not_up(subject.stack))]
    reached_from = [case.name for case in cases if case.own and case.own.trouble is None]
    findings = [registry_here.registry_finding(subject.registry, outside, reached_from)]
    certificate = subject.settings.registry.certificate
    findings.append(registry_here.certificate_finding(outside.served, certificate, facts.now, subject.stack))
    findings.append(registry_here.anonymous_finding(outside))
    findings.append(registry_here.accounts_finding(outside, subject.repair))
    findings += [registry_here.cache_finding(host, answer, subject.repair) for host, answer in outside.caches.items()]
    return [Row(HERE, because(HERE, finding, why)) for finding in findings]
