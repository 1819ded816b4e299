"""Environment files as systemd and a shell read them back."""

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.nodes.errors import NodeError
from towpath.nodes.systemd import drop_in_path, environment_drop_in, environment_lines

values = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=30)


def read_drop_in(text: str) -> dict[str, str]:
    """What systemd.exec(5) and systemd.syntax(7) say of Environment=, for double-quoted items."""
    found = {}
    for line in text.split("\n"):
        if line.startswith("Environment="):
            item = line.removeprefix("Environment=")
            assert item[0] == item[-1] == '"'
            name, _, value = item[1:-1].replace("%%", "%").partition("=")
            found[name] = value.replace('\\"', '"').replace("\\\\", "\\") if "\\" in value else value
    return found


@given(value=values.filter(lambda text: "\\" not in text))
def test_a_drop_in_reads_back(value: str) -> None:
    assert read_drop_in(environment_drop_in({"HTTP_PROXY": value})) == {"HTTP_PROXY": value}


def test_a_drop_in_s_text() -> None:
    assert environment_drop_in({"HTTP_PROXY": 'http://u:a%20"b\\c@p:1', "NO_PROXY": "a,b"}) == (
        '[Service]\nEnvironment="HTTP_PROXY=http://u:a%%20\\"b\\\\c@p:1"\nEnvironment="NO_PROXY=a,b"\n'
    )
    assert drop_in_path("docker") == "/etc/systemd/system/docker.service.d/towpath-proxy.conf"


@settings(deadline=None, max_examples=60)
@given(value=values)
def test_lines_for_a_shell_read_back(value: str) -> None:
    (line,) = environment_lines({"X": value}, "export ")
    done = subprocess.run(["sh", "-c", f'{line}\nprintf %s "$X"'], capture_output=True, check=True)
    assert done.stdout == value.encode()


def test_lines_are_not_altered_where_nothing_is_odd() -> None:
    assert environment_lines({"NO_PROXY": "a,10.0.0.0/8"}) == ('NO_PROXY="a,10.0.0.0/8"',)
    assert shlex.split(environment_lines({"A": "x%y"})[0]) == ["A=x%y"]


@pytest.mark.parametrize("render", [environment_drop_in, environment_lines])
def test_a_line_break_is_refused(render: object) -> None:
    with pytest.raises(NodeError, match="the value of A has a line break"):
        render({"A": "x\ny"})  # type: ignore[operator]
