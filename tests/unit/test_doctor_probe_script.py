"""The probe's script in each shell: what it asks, what it answers, and what it leaves alone. Programs are stand-ins."""

from pathlib import Path

import pytest

from tests.unit.applier_machine import SHELLS, Machine, Outcome, make_machine
from towpath.applier.bootstrap import Sudo
from towpath.doctor.answer import Answer, parse_answer
from towpath.doctor.probe import probe_command, probe_stdin, program
from towpath.doctor.questions import ABSENT_IMAGE, HttpProxy, Pull, Questions, Tls
from towpath.registry_client.credentials import Credentials

RECORD = 'printf "%s\\n" "$0 $*" >>/record'
SYSTEMCTL = """
case "$*" in
*"-p Environment "*) echo 'Environment=HTTPS_PROXY=http://p:1 "NO_PROXY=a b"' ;;
*docker.service) printf 'MainPID=%s\\nUnitFileState=enabled\\nNeedDaemonReload=yes\\n' "$(cat /docker.pid)" ;;
*) printf 'MainPID=0\\nUnitFileState=\\nNeedDaemonReload=no\\n' ;;
esac
"""


@pytest.fixture(params=SHELLS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    made = make_machine(tmp_path / "root", request.param)
    made.write("/run/systemd/system/.keep", "")
    made.write("/docker.pid", "0")
    made.fake("systemctl", SYSTEMCTL)
    for name in ("docker", "crictl", "openssl"):
        made.fake(name, f"{RECORD}\nexit 1")
    return made


def probe(machine: Machine, questions: Questions) -> Outcome:
    return machine.run(probe_command(Sudo()), probe_stdin(questions, Sudo()))


def asked(machine: Machine, questions: Questions) -> Answer:
    outcome = probe(machine, questions)
    assert outcome.code == 0, outcome
    assert outcome.err == ""
    return parse_answer(outcome.out)


def record(machine: Machine) -> str:
    path = machine.path("/record")
    return path.read_text() if path.exists() else ""


def test_a_stopped_docker_is_not_asked(machine: Machine) -> None:
    """Its socket would start it."""
    answer = asked(machine, Questions(units=("docker",)))
    assert answer.units["docker"].pid == 0
    assert answer.units["docker"].enabled == "enabled"
    assert answer.units["docker"].needs_reload
    assert record(machine) == ""


def test_a_running_daemon_shows_the_environment_it_was_started_with(machine: Machine) -> None:
    sleeper = "HTTPS_PROXY='http://u:p@h:1' no_proxy=x OTHER=1 sleep 600 & echo $! >/docker.pid; "
    stdin = probe_stdin(Questions(units=("docker",)), Sudo())
    outcome = machine.run(sleeper + probe_command(Sudo()) + "; kill $(cat /docker.pid)", stdin)
    unit = parse_answer(outcome.out).units["docker"]
    assert unit.pid > 0
    assert unit.running == {"HTTPS_PROXY": "http://u:p@h:1", "no_proxy": "x"}
    assert unit.planned == {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a b"}
    assert "docker info" in record(machine)


def test_tls_is_asked_with_secrets_in_files(machine: Machine) -> None:
    machine.fake(
        "openssl",
        f"""{RECORD}
        while [ $# -gt 0 ]; do
            case $1 in
            -proxy_pass) cat "${{2#file:}}" >/password ;;
            -CAfile) cat "$2" >/ca ;;
            esac
            shift
        done
        cat >/request
        printf 'HTTP/1.1 401 Unauthorized\\r\\n\\r\\n'
        echo 'verify error:num=20:unable to get local issuer certificate' >&2""",
    )
    proxy = HttpProxy("10.0.0.2", 3128, "user", "pä ss")
    answer = asked(machine, Questions(tls=(Tls("own", "r.example", 6000, "the CA\n", proxy),)))
    assert answer.tls["own"].status == 401
    assert "num=20" in answer.tls["own"].said
    line = record(machine)
    assert "-connect r.example:6000 -verify_hostname r.example -servername r.example" in line
    assert "-proxy 10.0.0.2:3128 -proxy_user user -proxy_pass file:" in line
    assert "pä ss" not in line
    assert machine.path("/password").read_text() == "pä ss"
    assert machine.path("/ca").read_text() == "the CA\n"
    assert machine.path("/request").read_text().startswith("GET /v2/ HTTP/1.1\nHost: r.example:6000\n")


def test_an_address_is_verified_as_one(machine: Machine) -> None:
    asked(machine, Questions(tls=(Tls("own", "fd00::1", 6000),)))
    assert "-connect [fd00::1]:6000 -verify_ip fd00::1" in record(machine)


def test_pulls_are_of_an_image_that_nobody_has(machine: Machine) -> None:
    machine.fake(
        "docker", f'{RECORD}\ncat "$DOCKER_CONFIG/config.json" >/config\necho "no basic auth credentials" >&2\nexit 1'
    )
    pulls = (Pull("docker", "h:6000", Credentials("team", "secret")), Pull("containerd", "h:6000"))
    answer = asked(machine, Questions(pulls=pulls))
    assert answer.pulls["docker", "h:6000"].said == "no basic auth credentials\n"
    assert set(answer.pulls) == {("docker", "h:6000"), ("containerd", "h:6000")}
    assert f"docker pull h:6000/{ABSENT_IMAGE}" in record(machine)
    assert f"pull h:6000/{ABSENT_IMAGE}" in record(machine).split("crictl")[1]
    assert "secret" not in record(machine)
    assert machine.path("/config").read_text() == '{"auths": {"h:6000": {"auth": "dGVhbTpzZWNyZXQ="}}}'


def test_ctr_stands_in_for_crictl_with_the_daemons_own_settings(machine: Machine) -> None:
    machine.path("/fake/crictl").unlink()
    machine.write("/etc/containerd/config.toml", 'config_path = "/etc/other/certs.d:/second"\n')
    machine.fake("ctr", RECORD)
    asked(machine, Questions(units=("containerd",), pulls=(Pull("containerd", "h"),)))
    assert f"images pull --hosts-dir /etc/other/certs.d h/{ABSENT_IMAGE}" in record(machine)


def test_space_and_names(machine: Machine) -> None:
    machine.fake("df", 'printf "head\\n/dev/x 1000 1 250 25%% /\\n"')
    machine.fake("getent", '[ "$2" = r.example ] && printf "10.0.0.1 r.example\\nfd00::1 r.example\\n"')
    answer = asked(machine, Questions(folders=("/tmp", "/not-there"), names=("r.example", "other.example")))
    assert [(each.folder, each.device, each.total_kib, each.free_kib) for each in answer.spaces] == [
        ("/tmp", "/dev/x", 1000, 250)
    ]
    assert answer.addresses == {"r.example": ("10.0.0.1", "fd00::1"), "other.example": ()}


def test_questions_that_did_not_arrive_whole_are_refused(machine: Machine) -> None:
    given = probe_stdin(Questions(folders=("/tmp",)), Sudo())
    outcome = machine.run(probe_command(Sudo()), given.removesuffix("end\n"))
    assert outcome.code == 10
    assert "did not arrive whole" in outcome.err


def test_nothing_is_left_behind(machine: Machine) -> None:
    before = machine.tree()
    asked(machine, Questions(units=("docker",), folders=("/tmp",), names=("x",), tls=(Tls("a", "h", 1, "ca"),)))
    machine.path("/record").unlink()
    assert machine.tree() == before


def test_the_program_is_constant_and_ends_in_its_mark() -> None:
    assert program() is program()
    assert program().endswith("\n#DOCUMENT\n")
