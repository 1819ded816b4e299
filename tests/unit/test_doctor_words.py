"""What openssl and the runtimes say, sorted; the words were taken down from the programs themselves."""

import pytest

from towpath.doctor.answer import PullAnswer, TlsAnswer
from towpath.doctor.checks.pulls import PullCase, pull_judgement
from towpath.doctor.finding import State
from towpath.doctor.pull_words import Reached, pull_finding
from towpath.doctor.redaction import place_of, redacted
from towpath.doctor.tls_words import Trouble, tls_finding

LOOKUP = "4027803F7A7F0000:error:10080002:BIO routines:BIO_lookup_ex:system lib:Name or service\nconnect:errno=11\n"
REFUSED = "4017F6B9CD7F0000:error:8000006F:system library:BIO_connect:Connection refused\nconnect:errno=111\n"
WRONG_VERSION = "40874E28BF7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record\n"


@pytest.mark.parametrize(
    ("exit_code", "said", "trouble", "detail"),
    [
        (1, REFUSED, Trouble.CONNECT, "connection refused"),
        (1, "connect:errno=113\n", Trouble.CONNECT, "no route to host"),
        (1, LOOKUP, Trouble.NAME, "its name does not resolve"),
        (124, "", Trouble.CONNECT, "no answer in time"),
        (143, "", Trouble.CONNECT, "no answer in time"),
        (1, WRONG_VERSION, Trouble.NOT_TLS, "what answers does not speak TLS"),
        (1, "s_client: HTTP CONNECT failed, reason= 407 Proxy Authentication Required\n", Trouble.PROXY_LOGIN, "407"),
        (1, "s_client: HTTP CONNECT failed, reason= 403 Forbidden\n", Trouble.PROXY_REFUSED, "403 Forbidden"),
        (1, "s_client: HTTP CONNECT failed, reason= 503 Service Unavailable\n", Trouble.PROXY_REFUSED, "503"),
        (1, "s_client: Unknown option: -proxy_user\n", Trouble.TOO_OLD, "openssl is too old"),
        (0, "", Trouble.OTHER, "TLS came to no answer"),
        (1, "something new", Trouble.OTHER, "TLS came to no answer"),
    ],
)
def test_why_there_was_no_tls(exit_code: int, said: str, trouble: Trouble, detail: str) -> None:
    found = tls_finding(TlsAnswer(exit_code, None, said))
    assert found.trouble is trouble
    assert found.detail.startswith(detail)


@pytest.mark.parametrize(
    ("said", "issuer_unknown", "flaw"),
    [
        ("depth=0 CN = x\nverify return:1\n", False, None),
        ("verify error:num=20:unable to get local issuer\nverify error:num=21:unable to verify\n", True, None),
        ("verify error:num=62:hostname mismatch\n", False, "hostname mismatch"),
        (
            "verify error:num=19:self-signed\nverify error:num=10:certificate has expired\n",
            True,
            "certificate has expired",
        ),
    ],
)
def test_what_is_wrong_with_a_certificate(said: str, issuer_unknown: bool, flaw: str | None) -> None:
    found = tls_finding(TlsAnswer(0, 401, said))
    assert (found.trouble, found.status) == (None, 401)
    assert (found.issuer_unknown, found.flaw) == (issuer_unknown, flaw)


DOCKER = "Error response from daemon: "
CTR = 'ctr: failed to resolve reference "h:6000/towpath-doctor/absent:probe": '
HEAD = 'failed to do request: Head "https://h/v2/towpath-doctor/absent/manifests/probe": '
PULLS = [
    (DOCKER + 'Head "https://h:6000/v2/x/manifests/probe": no basic auth credentials', Reached.LOGIN),
    (DOCKER + "unauthorized: authentication required", Reached.LOGIN),
    (DOCKER + "manifest for h/x:probe not found: manifest unknown: manifest unknown", Reached.REGISTRY),
    (DOCKER + "pull access denied for x, repository does not exist or may require 'docker login'", Reached.REGISTRY),
    (DOCKER + 'Get "https://h/v2/": dial tcp: lookup h on 10.0.0.2:53: read udp: connection refused', Reached.NAME),
    (DOCKER + 'Get "https://h/v2/": dial tcp: lookup h: no such host', Reached.NAME),
    (DOCKER + 'Get "https://h/v2/": x509: certificate signed by unknown authority', Reached.UNTRUSTED),
    (DOCKER + 'Get "https://h/v2/": x509: certificate has expired or is not yet valid: current time', Reached.DATES),
    (DOCKER + 'Get "https://h/v2/": Proxy Authentication Required', Reached.PROXY_LOGIN),
    (DOCKER + 'Get "https://h/v2/": Forbidden', Reached.PROXY),
    (DOCKER + 'Get "https://h/v2/": Service Unavailable', Reached.PROXY),
    (DOCKER + 'Get "https://h/v2/": proxyconnect tcp: dial tcp 10.0.0.2:1: connect: connection refused', Reached.PROXY),
    (DOCKER + 'Get "https://h/v2/": http: server gave HTTP response to HTTPS client', Reached.NOT_TLS),
    (DOCKER + 'Get "https://h/v2/": net/http: request canceled (Client.Timeout exceeded)', Reached.CONNECT),
    (DOCKER + 'Get "https://h/v2/": dial tcp 10.0.0.1:6000: connect: connection refused', Reached.CONNECT),
    (DOCKER + "received unexpected HTTP status: 503 Service Unavailable", Reached.SERVER),
    (CTR + "pulling from host h:6000 failed with status code [manifests probe]: 401 Unauthorized", Reached.LOGIN),
    (CTR + "unexpected status from HEAD request to https://h/v2/x: 502 Bad Gateway", Reached.SERVER),
    (CTR + "h/towpath-doctor/absent:probe: not found", Reached.REGISTRY),
    (CTR + HEAD + "dial tcp 10.0.0.1:6000: connect: no route to host", Reached.CONNECT),
    (CTR + HEAD + "tls: failed to verify certificate: x509: certificate is valid for x, not h", Reached.UNTRUSTED),
    (
        'msg="pulling image: rpc error: failed to fetch anonymous token: unexpected status: 401 Unauthorized"',
        Reached.LOGIN,
    ),
    ("a sentence that nobody has written yet", Reached.OTHER),
]


@pytest.mark.parametrize(("said", "reached"), PULLS)
def test_how_far_a_pull_got(said: str, reached: Reached) -> None:
    before = 'level=info msg="trying next host" error="x509: certificate signed by unknown authority" host=mirror'
    assert pull_finding(PullAnswer(1, f"{before}\n{said}\n")).reached is reached


@pytest.mark.parametrize(
    ("exit_code", "reached"),
    [
        (0, Reached.REGISTRY),
        (127, Reached.NO_CLIENT),
        (124, Reached.CONNECT),
        (143, Reached.CONNECT),
        (1, Reached.OTHER),
    ],
)
def test_a_pull_that_says_nothing(exit_code: int, reached: Reached) -> None:
    assert pull_finding(PullAnswer(exit_code)).reached is reached


def test_a_hosts_toml_that_containerd_cannot_read_is_told() -> None:
    line = 'time="2026-11-24" level=error msg="failed to decode hosts.toml" error="invalid `host` tree"\n'
    answer = PullAnswer(1, line + PULLS[18][0])
    judged = pull_judgement(PullCase("containerd", "h", True, "repair"), answer, ())
    assert judged.state is State.WARN
    assert "invalid `host` tree" in judged.found
    assert "repair" in judged.way_out


@pytest.mark.parametrize(
    ("said", "own", "login_holds", "state"),
    [
        (PULLS[1][0], True, True, State.FAIL),
        (PULLS[1][0], True, False, State.OK),
        (PULLS[1][0], True, None, State.OK),
        (PULLS[1][0], False, None, State.OK),
        (PULLS[2][0], True, True, State.OK),
    ],
)
def test_a_login_that_works_here_must_work_there(said: str, own: bool, login_holds: bool | None, state: State) -> None:
    case = PullCase("docker", "h", own, "repair", login_holds)
    assert pull_judgement(case, PullAnswer(1, said), ()).state is state


@pytest.mark.parametrize(("said", "reached"), PULLS)
@pytest.mark.parametrize("own", [True, False])
def test_every_failed_pull_has_one_line_as_its_way_out(said: str, reached: Reached, own: bool) -> None:
    judged = pull_judgement(PullCase("docker", "h", own, "repair"), PullAnswer(1, said), ())
    assert bool(judged.way_out) == (judged.state is State.FAIL)
    assert "\n" not in judged.found + judged.way_out


def test_what_was_said_is_shown_without_secrets() -> None:
    said = DOCKER + 'parse "http://user:s3 cret@proxy:1": invalid, and p%40ss, p@ss'
    found = pull_judgement(PullCase("docker", "h", True, "repair"), PullAnswer(1, said), ("p@ss", "p%40ss")).found
    assert "s3" not in found
    assert "ss" not in found.replace("response", "").replace("[secret]", "")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://user:p@ss@proxy:3128", "http://proxy:3128"),
        ("http://proxy", "http://proxy"),
        ("socks5://[fd00::1]:1080", "socks5://[fd00::1]:1080"),
        ("secret", "what is no URL"),
        ("http://host:port", "what is no URL"),
        ("http://[broken", "what is no URL"),
    ],
)
def test_a_proxy_is_named_without_its_login(url: str, place: str) -> None:
    assert place_of(url) == place


def test_longer_secrets_are_taken_out_first() -> None:
    assert redacted("a passwords b", ("pass", "passwords", "")) == "a [secret] b"
