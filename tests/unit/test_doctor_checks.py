"""Single judgements, by tables: the clock, space, names, software, files, the proxy of a running daemon."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.doctor_stack import CA, DISCOVERED, NOW
from towpath.applier.result import Result, Step
from towpath.doctor.answer import DockerProxies, Space, Unit
from towpath.doctor.checks import containers, registry_here, registry_path, way_out
from towpath.doctor.checks.clock import clock_finding, skew_seconds
from towpath.doctor.checks.daemon_proxy import Daemon, daemon_proxy_finding
from towpath.doctor.checks.names import name_finding
from towpath.doctor.checks.runtimes import runtime_findings
from towpath.doctor.checks.setup import differences, setup_findings
from towpath.doctor.checks.space import space_findings
from towpath.doctor.finding import State
from towpath.doctor.outside import Outside, Served
from towpath.doctor.tls_words import TlsFinding, Trouble
from towpath.doctor.ways import Way, http_proxy, ways
from towpath.nodes.proxy import Proxy
from towpath.nodes.registries import Mirror, Upstream
from towpath.nodes.wish import NodeWish, Runtime
from towpath.settings.certificate import Certificate

DAY = dt.timedelta(days=1)
SERVED = Served(NOW - dt.timedelta(minutes=2), NOW + 300 * DAY)
PROXY = Proxy.of("http://user:pass@p.example:3128", "http://user:pass@p.example:3128", (".corp",))
WISH = NodeWish(proxy=PROXY)
WANTED = PROXY.environment


@pytest.mark.parametrize(
    ("node", "here", "skew"),
    [
        ((1000, 1002), (1000.4, 1002.6), 0),
        ((1000, 1002), (999.0, 1003.0), 0),
        ((1010, 1012), (1000.0, 1003.0), 9),
        ((990, 992), (1000.0, 1003.0), -9),
        ((1000, 1030), (1000.9, 1031.0), 0),
    ],
)
def test_skew_is_no_more_than_the_times_prove(node: tuple[int, int], here: tuple[float, float], skew: float) -> None:
    assert skew_seconds(node, here) == pytest.approx(skew)


@given(st.floats(-1e5, 1e5), st.floats(0, 5), st.floats(0, 60), st.floats(0, 5))
def test_skew_never_exceeds_the_real_one(real: float, to: float, between: float, back: float) -> None:
    began = 1_800_000_000.25
    node = (int(began + to + real), int(began + to + between + real))
    found = skew_seconds(node, (began, began + to + between + back))
    assert abs(found) <= abs(real) + 1
    assert found == 0 or (found > 0) == (real > 0)


@pytest.mark.parametrize(
    ("skew", "served", "state"),
    [
        (0, SERVED, State.OK),
        (5, SERVED, State.OK),
        (-30, SERVED, State.WARN),
        (-130, SERVED, State.FAIL),
        (-130, None, State.WARN),
        (301, None, State.FAIL),
        (0, Served(NOW - 2 * DAY, NOW - DAY), State.OK),
    ],
)
def test_a_clock_is_judged_by_the_certificate_too(skew: float, served: Served | None, state: State) -> None:
    assert clock_finding(skew, NOW, served).state is state


def test_space_is_judged_once_a_file_system() -> None:
    spaces = [
        Space("/var/lib/docker", "/dev/a", 1000, 140),
        Space("/var/lib/containerd", "/dev/a", 1000, 140),
        Space("/data", "/dev/b", 1000, 150),
        Space("/other", "/dev/c", 1000, 40),
        Space("/none", "tmpfs", 0, 0),
    ]
    found = {each.check: each.state for each in space_findings(spaces)}
    assert found == {
        "space /var/lib/docker, /var/lib/containerd": State.WARN,
        "space /data": State.OK,
        "space /other": State.FAIL,
        "space /none": State.FAIL,
    }


@pytest.mark.parametrize(
    ("addresses", "wanted", "state"),
    [
        (None, None, State.SKIPPED),
        ((), None, State.FAIL),
        (("10.0.0.1",), None, State.OK),
        (("10.0.0.1",), "10.0.0.1", State.OK),
        (("10.0.0.7",), "10.0.0.1", State.FAIL),
    ],
)
def test_a_name_must_lead_to_the_registry(addresses: tuple[str, ...] | None, wanted: str | None, state: State) -> None:
    assert name_finding("r.example", addresses, wanted, "repair").state is state


def runtime(name: str, outcome: str, version: str = "26.1") -> Result:
    return Result(
        "discovered", (*DISCOVERED.of("machine"), *DISCOVERED.of("init"), Step("runtime", name, outcome, version))
    )


@pytest.mark.parametrize(
    ("discovered", "runtimes", "enabled", "needed", "states"),
    [
        (runtime("docker", "active"), None, "enabled", set(), {"software": "ok", "runtime docker": "ok"}),
        (runtime("docker", "inactive"), None, "enabled", set(), {"software": "ok", "runtime docker": "fail"}),
        (runtime("docker", "inactive"), None, "disabled", set(), {"software": "ok", "runtime docker": "warn"}),
        (runtime("docker", "inactive"), None, "disabled", {"docker"}, {"software": "ok", "runtime docker": "fail"}),
        (runtime("docker", "inactive"), ["docker"], "disabled", set(), {"software": "ok", "runtime docker": "fail"}),
        (runtime("docker", "inactive"), ["containerd"], "enabled", set(), {"software": "fail"}),
        (runtime("podman", "inactive"), None, "", set(), {"software": "ok"}),
        (runtime("kubelet", "active"), None, "enabled", set(), {"software": "fail", "runtime kubelet": "ok"}),
        (runtime("containerd", "active", "1.4.3"), None, "", set(), {"software": "fail", "runtime containerd": "ok"}),
    ],
)  # fmt: skip
def test_runtimes(
    discovered: Result, runtimes: list[Runtime] | None, enabled: str, needed: set[str], states: dict[str, str]
) -> None:
    upstream = Upstream("x.example", (Mirror("https://m.example"),))
    wish = NodeWish(runtimes=None if runtimes is None else frozenset(runtimes), upstreams=(upstream,))
    found = runtime_findings(wish, discovered, {"docker": Unit(0, enabled)}, needed)
    assert {each.check: each.state.value for each in found} == states


@pytest.mark.parametrize(
    ("wished", "found", "words"),
    [
        ("0644 root:root a", "0644 root:root a", None),
        ("0644 root:root a", None, "not applied yet"),
        ("0644 root:root a", "absent", "missing"),
        ("a", "missing", "missing"),
        ("a", "differs", "differs"),
        ("a", "b", "differs"),
        ("0600 root:root a", "0666 root:root a", "mode 0666 instead of 0600"),
        ("0644 root:root a", "0644 ops:ops b", "owner ops:ops instead of root:root, content differs"),
        ("0644 root:root a", "link", "is link"),
        ("absent", "0644 root:root a", "still there"),
    ],
)  # fmt: skip
def test_a_difference_in_words(wished: str, found: str | None, words: str | None) -> None:
    summary = {"files": {"/f": wished}}
    actual = {"files": {} if found is None else {"/f": found}}
    assert differences(summary, actual, summary).get("/f") == words


def test_files_by_topic() -> None:
    wished = {"files": {"@trust@/x.crt": "a", "/etc/docker/certs.d/h/ca.crt": "a", "/etc/a": "a", "/etc/a#k": "b"}}
    found = {"files": {"/etc/docker/certs.d/h/ca.crt": "a", "/etc/a": "absent", "/etc/a#k": "missing", "/etc/old": "x"}}
    words = differences(wished, found, wished)
    assert words == {"@trust@/x.crt": "not applied yet", "/etc/a": "missing", "/etc/old": "no longer wanted"}
    judged = setup_findings(wished, words, "repair")
    assert {check: each.state.value for check, each in judged.items()} == {
        "trust of the OS": "fail",
        "docker certs.d": "ok",
        "files": "fail",
    }
    assert judged["trust of the OS"].found == "x.crt: not applied yet"
    assert judged["files"].found == "/etc/a: missing; /etc/old: no longer wanted"


MASKED = "http://xxxxx:xxxxx@p.example:3128"
DROP_IN = "/etc/systemd/system/docker.service.d/towpath-proxy.conf"


@pytest.mark.parametrize(
    ("unit", "wrong_paths", "state", "found", "way"),
    [
        (Unit(7, running=WANTED), [], State.OK, "as wanted, http://p.example:3128", ""),
        (Unit(7, running={k.lower(): v for k, v in WANTED.items()}), [], State.OK, "as wanted", ""),
        (Unit(7, planned=WANTED), [], State.FAIL, "since: HTTP_PROXY is not set", "systemctl restart docker"),
        (Unit(7, needs_reload=True), [], State.FAIL, "neither systemd nor", "systemctl daemon-reload && "),
        (Unit(7, planned={}), [], State.FAIL, "another file of the unit overrides ours", "see `systemctl cat docker`"),
        (Unit(7, planned=WANTED), [DROP_IN], State.FAIL, "its file is not as wanted either", "repair"),
        (Unit(7, planned=WANTED, running={**WANTED, "HTTP_PROXY": "http://q.example:1"}), [], State.FAIL,
         "HTTP_PROXY is http://q.example:1, not http://p.example:3128", "systemctl restart docker"),
        (Unit(7, planned=WANTED, running={**WANTED, "HTTPS_PROXY": "http://user:old@p.example:3128"}), [], State.FAIL,
         "HTTPS_PROXY has another login", "systemctl restart docker"),
        (Unit(7, planned=WANTED, running={**WANTED, "NO_PROXY": "::1,x"}), [], State.FAIL,
         "NO_PROXY lacks localhost, 127.0.0.0/8, .corp and has x", "systemctl restart docker"),
    ],
)  # fmt: skip
def test_the_proxy_of_a_running_daemon(unit: Unit, wrong_paths: list[str], state: State, found: str, way: str) -> None:
    judged = daemon_proxy_finding(Daemon("docker", unit, True, None, wrong_paths), WISH, "repair")
    assert judged.state is state
    assert found in judged.found
    assert judged.way_out.startswith(way)
    assert "pass" not in judged.found + judged.way_out
    assert "old" not in judged.found


def test_k3s_hands_its_proxy_on_under_names_of_its_own() -> None:
    environment = {f"CONTAINERD_{name}": value for name, value in WANTED.items()}
    assert daemon_proxy_finding(Daemon("k3s", Unit(7, running=environment), True), WISH, "r").state is State.OK
    judged = daemon_proxy_finding(Daemon("k3s", Unit(7, running=WANTED), True), WISH, "r")
    assert judged.way_out == "systemctl restart k3s"


def test_openrc_has_its_own_way_to_restart() -> None:
    assert daemon_proxy_finding(Daemon("docker", Unit(7), False), WISH, "r").way_out == "rc-service docker restart"


def test_a_proxy_that_nobody_wanted_is_a_warning() -> None:
    stray = Unit(7, running={"https_proxy": "http://u:secret@p:1"})
    judged = daemon_proxy_finding(Daemon("docker", stray, True), NodeWish(), "repair")
    assert judged.state is State.WARN
    assert judged.found.endswith("HTTPS_PROXY http://p:1")
    assert daemon_proxy_finding(Daemon("docker", Unit(7), True), NodeWish(), "repair").state is State.OK
    kubelet = daemon_proxy_finding(Daemon("kubelet", Unit(7), True), WISH, "repair")
    assert kubelet.found == "none, as wanted"


@pytest.mark.parametrize(
    ("docker", "wrong_paths", "state"),
    [
        (DockerProxies(MASKED, MASKED, WANTED["NO_PROXY"]), [], State.OK),
        (DockerProxies("", "", ""), [], State.FAIL),
        (DockerProxies("", "", ""), ["/etc/docker/daemon.json#proxies"], State.FAIL),
        (None, [], State.SKIPPED),
    ],
)
def test_a_proxy_by_daemon_json_is_asked_of_docker(
    docker: DockerProxies | None, wrong_paths: list[str], state: State
) -> None:
    wish = NodeWish(proxy=PROXY, docker_proxy="daemon.json")
    judged = daemon_proxy_finding(Daemon("docker", Unit(7), True, docker, wrong_paths), wish, "repair")
    assert judged.state is state
    assert (judged.way_out == "repair") == bool(wrong_paths)


@pytest.mark.parametrize(
    ("tls", "state", "way"),
    [
        (TlsFinding(None, "it answers 401", 401), State.OK, ""),
        (TlsFinding(None, "it answers 503", 503), State.FAIL, "read its container's log"),
        (TlsFinding(None, "x", 401, ((62, "hostname mismatch"),)), State.FAIL, "add the name to"),
        (TlsFinding(None, "x", 401, ((10, "certificate has expired"),)), State.FAIL, "compare the node's clock"),
        (TlsFinding(None, "x", 401, ((20, "unable to get local issuer"),)), State.OK, ""),
        (TlsFinding(Trouble.NAME, "x"), State.FAIL, "mend the name"),
        (TlsFinding(Trouble.CONNECT, "x"), State.FAIL, "let the node reach"),
        (TlsFinding(Trouble.NOT_TLS, "x"), State.FAIL, "see what listens"),
        (TlsFinding(Trouble.OTHER, "x"), State.FAIL, "run `openssl"),
    ],
)
def test_the_registry_from_a_node(tls: TlsFinding, state: State, way: str) -> None:
    judged = registry_path.registry_path_finding("r:6000", tls)
    assert judged.state is state
    assert judged.way_out.startswith(way)


@pytest.mark.parametrize(
    ("answers", "state", "found"),
    [
        ({"a": TlsFinding(None, "it answers 200", 200)}, State.OK, "answers"),
        ({"a": TlsFinding(Trouble.PROXY_REFUSED, "403 Forbidden")}, State.OK, "answers"),
        ({"a": TlsFinding(Trouble.PROXY_LOGIN, "407")}, State.FAIL, "refuses the login"),
        ({"a": TlsFinding(Trouble.CONNECT, "refused")}, State.FAIL, "no connection to http://p.example:3128"),
        ({"a": TlsFinding(Trouble.NAME, "x")}, State.FAIL, "does not resolve"),
        ({"a": TlsFinding(Trouble.TOO_OLD, "openssl is too old")}, State.SKIPPED, "too old"),
        ({}, State.SKIPPED, "nothing"),
    ],
)
def test_the_proxy_itself(answers: dict[str, TlsFinding], state: State, found: str) -> None:
    judged = way_out.proxy_finding(PROXY, answers)
    assert judged.state is state
    assert found in judged.found


@pytest.mark.parametrize("url", ["socks5://p:1", "https://p:1"])
def test_a_proxy_that_openssl_cannot_go_through_is_skipped(url: str) -> None:
    proxy = Proxy.of(url, url)
    assert http_proxy(proxy) is None
    assert way_out.proxy_finding(proxy, {}).state is State.SKIPPED


WAY = Way("u", "upstream u.example", "u.example", 443, "the setting", proxied=True)
OWN_CA = Way("u", "upstream u.example", "u.example", 443, "the setting", CA)
UNVERIFIED = Way("u", "mirror", "u.example", 443, verified=False)
UNKNOWN = ((20, "unable to get local issuer"),)


@pytest.mark.parametrize(
    ("way", "tls", "state"),
    [
        (WAY, TlsFinding(None, "it answers 401", 401), State.OK),
        (WAY, TlsFinding(None, "it answers 502", 502), State.FAIL),
        (WAY, TlsFinding(None, "it answers 401", 401, UNKNOWN), State.WARN),
        (OWN_CA, TlsFinding(None, "it answers 401", 401, UNKNOWN), State.FAIL),
        (UNVERIFIED, TlsFinding(None, "it answers 401", 401, ((62, "mismatch"), *UNKNOWN)), State.OK),
        (OWN_CA, TlsFinding(None, "it answers 401", 401, ((62, "hostname mismatch"),)), State.FAIL),
        (WAY, TlsFinding(Trouble.PROXY_REFUSED, "403"), State.FAIL),
        (WAY, TlsFinding(Trouble.CONNECT, "refused"), State.FAIL),
        (OWN_CA, TlsFinding(Trouble.NAME, "x"), State.FAIL),
        (WAY, TlsFinding(Trouble.TOO_OLD, "x"), State.SKIPPED),
        (WAY, None, State.SKIPPED),
    ],
)
def test_upstreams_and_mirrors(way: Way, tls: TlsFinding | None, state: State) -> None:
    judged = way_out.way_finding(way, tls)
    assert judged.state is state
    assert bool(judged.way_out) == (state in {State.WARN, State.FAIL})


def test_which_ways_lead_through_the_proxy() -> None:
    mirrors = (
        Mirror("https://m.corp:5000"),
        Mirror("http://plain.example"),
        Mirror("https://far.example", skip_verify=True),
    )
    upstreams = (Upstream("docker.io", mirrors), Upstream("q.example:1", mirrors[:1], fallback=False))
    found = {way.check: way for way in ways(NodeWish(proxy=PROXY, upstreams=upstreams))}
    assert {check: (way.host, way.port, way.proxied) for check, way in found.items()} == {
        "upstream docker.io": ("registry-1.docker.io", 443, True),
        "mirror m.corp:5000 of docker.io": ("m.corp", 5000, False),
        "mirror plain.example of docker.io": ("plain.example", 80, True),
        "mirror far.example of docker.io": ("far.example", 443, True),
        "mirror m.corp:5000 of q.example:1": ("m.corp", 5000, False),
    }
    assert found["mirror plain.example of docker.io"].plain
    assert not found["mirror far.example of docker.io"].verified


def test_a_proxy_without_an_upstream_is_tried_towards_docker_hub() -> None:
    assert [way.host for way in ways(WISH)] == ["registry-1.docker.io"]
    assert ways(NodeWish()) == ()


def test_a_proxys_login_is_decoded_for_openssl() -> None:
    found = http_proxy(Proxy.of(None, "http://us er:p@s:s/é@p.example"))
    assert found is not None
    assert (found.host, found.port, found.user, found.password) == ("p.example", 80, "us er", "p@s:s/é")
    assert "p@s" not in repr(found)


@pytest.mark.parametrize(
    ("result", "state", "way"),
    [
        (None, State.SKIPPED, ""),
        (Result("unchanged"), State.FAIL, "repair"),
        (Result("checked", (Step("container", "r", "running", "x"),)), State.OK, ""),
        (Result("checked", (Step("container", "r", "stopped", "x"),)), State.FAIL, "docker start r"),
        (Result("checked", (Step("container", "r", "foreign", "-"),)), State.FAIL, "another container"),
        (Result("checked", (Step("container", "r", "absent", "-"),)), State.FAIL, "repair"),
        (Result("checked", (Step("container", "r", "running"), Step("file", "/f", "absent"))), State.FAIL, "repair"),
    ],
)  # fmt: skip
def test_the_registrys_container(result: Result | None, state: State, way: str) -> None:
    judged = containers.container_finding("registry", result, "repair")
    assert judged.state is state
    assert judged.way_out.startswith(way)


@pytest.mark.parametrize(
    ("left", "source", "state"),
    [
        (31 * DAY, "ca", State.OK),
        (30 * DAY, "ca", State.WARN),
        (-DAY, "ca", State.WARN),
        (DAY, "self-signed", State.WARN),
    ],
)
def test_a_certificate_is_renewed_in_time(left: dt.timedelta, source: str, state: State) -> None:
    settings = Certificate.model_validate({"source": source})
    judged = registry_here.certificate_finding(Served(NOW - DAY, NOW + left), settings, NOW, "dev")
    assert judged.state is state


@pytest.mark.parametrize(
    ("answer", "state"), [(401, State.OK), (200, State.FAIL), (503, State.FAIL), (None, State.SKIPPED)]
)
def test_without_a_password(answer: int | None, state: State) -> None:
    assert registry_here.anonymous_finding(Outside(anonymous=answer)).state is state


@pytest.mark.parametrize(
    ("outside", "state"),
    [
        (Outside(accounts={"a": 200, "b": 200}), State.OK),
        (Outside(accounts={"a": 200, "b": 401}), State.FAIL),
        (Outside(accounts={"a": "no answer"}), State.FAIL),
        (Outside(), State.SKIPPED),
        (Outside(trouble="x"), State.SKIPPED),
    ],
)
def test_accounts(outside: Outside, state: State) -> None:
    assert registry_here.accounts_finding(outside, "repair").state is state
