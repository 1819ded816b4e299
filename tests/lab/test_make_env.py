"""`eval "$(make -s env)"`: a shell in which every client is there and reaches the lab."""

import os
import subprocess

import pytest

from tests.lab.lab_access import CHECKOUT, LabAccess

PLAIN = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ} | {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("pulumi version", "v3."),
        ("docker info --format '{{.Name}}'", "node-1"),
        ("crane version", ""),
        ('echo "$PULUMI_BACKEND_URL"', f"file://{CHECKOUT}/.towpath/state"),
    ],
)
def test_a_shell_of_make_env_reaches_the_lab(lab: LabAccess, command: str, said: str) -> None:
    done = subprocess.run(
        ["bash", "-ec", f'exports="$(make -s env)"; eval "$exports"; {command}'],
        cwd=CHECKOUT,
        env=PLAIN,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
