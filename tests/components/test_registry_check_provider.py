"""`RegistryCheck`: a first roll-out is over once pods answer; later ones have nobody else to wait for."""

from typing import Any

import pytest

from components.dynamic import registry_check
from components.dynamic.registry_check import RegistryCheckProvider

PROPS = {"registry": "r.test:30500", "access": {}, "rollout": {"image": "registry:3"}}
OTHER = {**PROPS, "rollout": {"image": "registry:4"}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of a registry that lets its account in, but does not say that pods answer."""
    questions: list[str] = []

    async def check_registry(_: Any) -> None:
        questions.append("login")

    async def pods_answer(_: Any) -> bool:
        questions.append("pods")
        return False

    monkeypatch.setattr(registry_check, "check_registry", check_registry)
    monkeypatch.setattr(registry_check, "pods_answer", pods_answer)
    return questions


def test_what_served_before_the_pods_is_not_removed_unsaid(asked: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    made = RegistryCheckProvider().create(PROPS)

    assert made.outs == PROPS
    assert asked == ["login", "pods"]
    assert "r.test:30500: its answers do not say that pods gave them" in capfd.readouterr().err


def test_a_later_roll_out_is_only_logged_in_to(asked: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    RegistryCheckProvider().update("r.test:30500", PROPS, OTHER)

    assert asked == ["login"]
    assert capfd.readouterr().err == ""
