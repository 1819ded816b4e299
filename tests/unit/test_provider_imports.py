"""What reaching a cluster or a registry loads: the program and each provider's process pay for it in every run."""

import subprocess
import sys

import pytest

SLOW = ("asyncssh", "httpx", "pulumi_kubernetes", "rich", "towpath.applier.document")


def loaded(module: str, among: tuple[str, ...]) -> list[str]:
    code = f"import sys, {module}; print(*(each for each in {among!r} if each in sys.modules))"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.parametrize(
    "module",
    [
        "towpath.pull_secrets.survey",
        "towpath.pull_secrets.set_lifecycle",
        "towpath.pull_secrets.entries_lifecycle",
        "components.dynamic.pull_secret_set",
        "components.dynamic.service_account_entries",
    ],
)
def test_neither_an_http_library_nor_what_runs_on_machines_is_loaded(module: str) -> None:
    assert loaded(module, SLOW) == []


@pytest.mark.parametrize("module", ["towpath.images.deletion.upkeep", "towpath.images.mirror.sources", "components"])
def test_no_http_library_is_loaded_for_a_registry_nor_ssh_unless_it_is_used(module: str) -> None:
    assert loaded(module, ("asyncssh", "httpx")) == []


def test_settings_are_not_read_where_a_provider_serves() -> None:
    code = "import sys, towpath.pull_secrets.set_lifecycle; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
