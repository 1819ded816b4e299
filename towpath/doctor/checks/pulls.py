"""A pull by each runtime, from the private registry and each upstream. The image does not exist: the way counts."""

from collections.abc import Iterable
from dataclasses import dataclass

from towpath.doctor.answer import PullAnswer
from towpath.doctor.finding import Finding, State, fail, ok, skipped, warn
from towpath.doctor.pull_words import PullFinding, Reached, pull_finding
from towpath.doctor.redaction import redacted


@dataclass(frozen=True)
class PullCase:
    """A pull. `login_holds`: the login that was sent along works from here; None: none was sent, or it is not known."""

    runtime: str
    endpoint: str
    own: bool
    repair: str
    login_holds: bool | None = None


def pull_check(runtime: str, endpoint: str) -> str:
    """Name the check."""
    return f"pull by {runtime} from {endpoint}"


def pull_judgement(case: PullCase, answer: PullAnswer, secrets: Iterable[str]) -> Finding:
    """Judge one pull."""
    check, found = pull_check(case.runtime, case.endpoint), pull_finding(answer)
    if found.reached is Reached.NO_CLIENT:
        return skipped(check, f"no client of {case.runtime} is there (docker, crictl, ctr)")
    judged = _reached(check, case, found) or _not_reached(check, case, found, redacted(found.said, secrets))
    if judged.state is State.OK and found.unreadable_hosts:
        way_out = f"look at hosts.toml of {case.endpoint} on the node (containerd's docs/hosts.md), then {case.repair}"
        return warn(check, f"{judged.found}, but containerd cannot read hosts.toml: {found.unreadable_hosts}", way_out)
    return judged


def _reached(check: str, case: PullCase, found: PullFinding) -> Finding | None:
    if found.reached is Reached.REGISTRY:
        return ok(check, "the way is open")
    if found.reached is not Reached.LOGIN:
        return None
    if case.own and case.login_holds:
        way_out = "see what lies between: something on this node's way takes the login out (a proxy, NO_PROXY)"
        return fail(check, "it refuses the login that works from here", way_out)
    return ok(check, "the way is open (it asks for a login)")


def _not_reached(check: str, case: PullCase, found: PullFinding, said: str) -> Finding:
    host = case.endpoint
    ca = case.repair if case.own else f"give its CA in towpath:nodes.upstreams[{host}].ca_pem"
    ways: dict[Reached, tuple[str, str]] = {
        Reached.UNTRUSTED: (f"{case.runtime} does not trust the certificate: {said}", ca),
        Reached.DATES: (
            "the certificate is not in force for this node",
            "compare its clock with ours; then `pulumi up`",
        ),
        Reached.PROXY_LOGIN: ("the proxy refuses the login", "put the right user and password into towpath:proxy"),
        Reached.PROXY: (f"the proxy does not let it through: {said}", f"allow {host} at the proxy"),
        Reached.NAME: (f"the name does not resolve: {said}", _name_way_out(case)),
        Reached.CONNECT: (f"no connection: {said}", _connect_way_out(case)),
        Reached.NOT_TLS: ("what answers does not speak TLS", f"check the address and port of {host}"),
        Reached.SERVER: (f"it is reached, but does not work: {said}", f"read the log of {host}"),
    }
    words, way_out = ways.get(found.reached, (said or "it said nothing", f"try it on the node: pull {host}/…"))
    return fail(check, words, way_out)


def _name_way_out(case: PullCase) -> str:
    if case.own:
        return "enter it in the DNS that the node asks, or set towpath:registry.hosts_entry"
    return "set towpath:proxy (the proxy resolves names), or name a mirror in towpath:nodes.upstreams"


def _connect_way_out(case: PullCase) -> str:
    if case.own:
        return f"let the node reach {case.endpoint}, and see that NO_PROXY names it"
    return f"set towpath:proxy, or name a mirror in towpath:nodes.upstreams for {case.endpoint}"
