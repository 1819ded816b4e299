"""Reading what a node answered, also when it is broken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.doctor.answer import Answer, AnswerError, DockerProxies, Space, TlsAnswer, parse_answer


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WHOLE = f"""Welcome to this machine
towpath-doctor-answer 1
began 1000
openssl found
unit docker 7 enabled yes
planned docker {b64('HTTP_PROXY=http://a:1 "NO_PROXY=b c"')}
running docker {b64("HTTP_PROXY=http://u:p@a:1" + chr(10) + "no_proxy=x=y")}
unit kubelet 0 - -
planned kubelet{" "}
running kubelet{" "}
space /var/lib/docker /dev/sda1 100 40
resolve a.example 10.0.0.1,fd00::1
resolve b.example -
resolve c.example ?
docker {b64("/var/lib/docker" + chr(10) + "http://p" + chr(10) + chr(10) + "x")}
tls own 0 401 {b64("verify return:1")}
tls other 124 -{" "}
pull docker h:6000 1 {b64("é not found")}
ended 1004
"""


def test_a_whole_answer() -> None:
    answer = parse_answer(WHOLE)
    docker = answer.units["docker"]
    assert (docker.pid, docker.enabled, docker.needs_reload) == (7, "enabled", True)
    assert docker.planned == {"HTTP_PROXY": "http://a:1", "NO_PROXY": "b c"}
    assert docker.running == {"HTTP_PROXY": "http://u:p@a:1", "no_proxy": "x=y"}
    assert answer.units["kubelet"].enabled == ""
    assert answer.spaces == (Space("/var/lib/docker", "/dev/sda1", 100, 40),)
    assert answer.addresses == {"a.example": ("10.0.0.1", "fd00::1"), "b.example": (), "c.example": None}
    assert answer.docker == DockerProxies("http://p", "", "x")
    assert answer.tls == {"own": TlsAnswer(0, 401, "verify return:1"), "other": TlsAnswer(124)}
    assert answer.pulls["docker", "h:6000"].said == "é not found"
    assert (answer.began_seconds, answer.ended_seconds, answer.openssl) == (1000, 1004, True)


def test_secrets_of_a_daemon_do_not_show_in_what_is_printed_of_the_value() -> None:
    assert "u:p" not in repr(parse_answer(WHOLE))


@pytest.mark.parametrize("text", ["", "Last login: today", "towpath-result 1\nstatus discovered"])
def test_an_answer_of_something_else(text: str) -> None:
    with pytest.raises(AnswerError, match="login shell"):
        parse_answer(text)


@pytest.mark.parametrize("lost", ["began 1000", "ended 1004"])
def test_an_answer_that_was_cut_off(lost: str) -> None:
    with pytest.raises(AnswerError, match="broken or cut off"):
        parse_answer(WHOLE.replace(lost, ""))


@given(st.text())
def test_any_text_is_an_answer_or_an_error(text: str) -> None:
    for given_text in (text, f"towpath-doctor-answer 1\n{text}", f"{WHOLE}\n{text}"):
        try:
            assert isinstance(parse_answer(given_text), Answer)
        except AnswerError:
            continue


@given(st.data())
def test_any_damage_is_an_answer_or_an_error(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(WHOLE)))
    to = data.draw(st.integers(at, len(WHOLE)))
    try:
        assert isinstance(parse_answer(WHOLE[:at] + data.draw(st.text(max_size=5)) + WHOLE[to:]), Answer)
    except AnswerError as error:
        assert "u:p" not in str(error)  # noqa: PT017 it may end either way
