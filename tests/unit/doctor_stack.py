"""A stack of two proxied nodes, and the facts of a doctor's visit to it when all is well."""

import datetime as dt
import json
from dataclasses import replace

from tests.unit.self_signed import certificate_for
from towpath.applier.actors import Container
from towpath.applier.container_lines import container_hash
from towpath.applier.document import Document, content_digest
from towpath.applier.entries import Absent, Directory, File
from towpath.applier.operations import operations
from towpath.applier.result import Result, Step
from towpath.doctor.answer import Answer, PullAnswer, TlsAnswer, Unit
from towpath.doctor.diagnosis import Facts, diagnose
from towpath.doctor.finding import Finding, State
from towpath.doctor.inquiry import questions_for
from towpath.doctor.outside import Outside, Served
from towpath.doctor.subject import Subject
from towpath.doctor.visit import Visit
from towpath.nodes.node import node_document
from towpath.registry_client.credentials import Credentials
from towpath.registry_client.endpoint import Endpoint
from towpath.settings import load_settings
from towpath.ssh.connection import Connection

CA, _ = certificate_for("10.0.0.1")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEd0sT4Zk0eYqkT0cUXk5rUrl0Zq0cQ3b3N0a2V5MDAw"
NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
SECONDS = NOW.timestamp()
OWN = "10.0.0.1:6000"
UPSTREAM = "upstream.example"


def subject(**groups: object) -> Subject:
    """A stack that is up; `groups` replace its settings."""
    settings: dict[str, object] = {
        "nodes": {
            "ssh": {"password": "p"},
            "members": {name: {"address": f"10.0.0.{n}", "host_key": KEY} for n, name in ((1, "a"), (2, "b"))},
            "upstreams": {UPSTREAM: {"ca_pem": CA}},
        },
        "proxy": {"http": "http://user:proxy-pass@10.0.0.9:3128", "node_cidrs": ["10.0.0.0/24"]},
        "accounts": [{"name": "ci", "role": "push"}, {"name": "team"}],
        "registry": {"node": "a"},
        **groups,
    }
    loaded = load_settings({f"towpath:{name}": json.dumps(value) for name, value in settings.items()})
    accounts = {name: Credentials(f"{name}.1", f"{name}-pass") for name in ("ci", "team")}
    return Subject("dev", loaded, Endpoint(OWN, CA), accounts)


def connections(stack: Subject) -> dict[str, Connection]:
    return {name: Connection(node.address, KEY) for name, node in stack.settings.nodes.members.items()}


def checked(document: Document) -> Result:
    """What the applier's check says of a machine that is as the document wants it."""
    steps: list[Step] = []
    for entry in document.files:
        if isinstance(entry, Absent | Directory):
            continue
        mode, owner = entry.mode or "-", entry.owner or "-"
        digest = content_digest(entry) if isinstance(entry, File) else "merged"
        if not isinstance(entry, File):
            steps += [Step("key", entry.path, key, value) for key, value in operations(entry).digests.items()]
        steps.append(Step("file", entry.path, "file", f"{mode} {owner} {digest}"))
    for actor in document.actors:
        if isinstance(actor, Container):
            steps.append(Step("container", actor.name, "running", container_hash(actor)))
    return Result("checked", tuple(steps))


DISCOVERED = Result(
    "discovered",
    (
        Step("machine", "x", "debian", "12"),
        Step("init", "systemd", "found"),
        Step("runtime", "docker", "active", "26.1"),
        Step("runtime", "containerd", "active", "1.7.1"),
    ),
)
REGISTRY_RUNS = Result("checked", (Step("container", "registry", "running", "abc"),))
REACHED = PullAnswer(1, "manifest unknown: manifest unknown")


def visit(stack: Subject, name: str) -> Visit:
    """The facts of one node that is well."""
    wish = stack.wish(name)
    questions = questions_for(stack, name, DISCOVERED)
    environment = wish.proxy.environment if wish.proxy else {}
    answer = Answer(
        began_seconds=int(SECONDS),
        ended_seconds=int(SECONDS) + 2,
        units={each: Unit(7, "enabled", False, environment, environment) for each in questions.units},
        addresses=dict.fromkeys(questions.names, ("10.0.0.1",)),
        tls={each.id: TlsAnswer(0, 401) for each in questions.tls},
        pulls={(each.runtime, each.endpoint): REACHED for each in questions.pulls},
    )
    containers = dict.fromkeys(stack.container_documents(), REGISTRY_RUNS) if name == "a" else {}
    return Visit(
        DISCOVERED,
        checked(node_document(wish, document_id=stack.node_document(name))),
        answer,
        SECONDS,
        SECONDS + 3,
        containers,
    )


def outside() -> Outside:
    """What is seen from here when all is well."""
    served = Served(NOW - dt.timedelta(days=1), NOW + dt.timedelta(days=300))
    return Outside(None, served, 401, {"ci": 200, "team": 200})


def facts(stack: Subject) -> Facts:
    """All of it."""
    return Facts(outside(), {name: visit(stack, name) for name in stack.settings.nodes.members}, NOW)


def with_visit(all_facts: Facts, name: str, **changes: object) -> Facts:
    """Change a node's visit: fields of `Visit`, or of its answer."""
    before = all_facts.visits[name]
    assert isinstance(before, Visit)
    own = {key: value for key, value in changes.items() if key in Visit.__dataclass_fields__}
    rest = {key: value for key, value in changes.items() if key not in own}
    answer = replace(before.answer, **rest)  # type: ignore[arg-type]
    changed = replace(before, **{"answer": answer, **own})  # type: ignore[arg-type]
    return replace(all_facts, visits={**all_facts.visits, name: changed})


def told(stack: Subject, all_facts: Facts) -> dict[tuple[str, str], Finding]:
    """Diagnose, by node and check."""
    rows = diagnose(stack, connections(stack), all_facts)
    found = {(row.node, row.finding.check): row.finding for row in rows}
    assert len(found) == len(rows)
    return found


def failed(stack: Subject, all_facts: Facts) -> dict[tuple[str, str], str]:
    """Each failure's way out, by node and check."""
    return {place: each.way_out for place, each in told(stack, all_facts).items() if each.state is State.FAIL}
