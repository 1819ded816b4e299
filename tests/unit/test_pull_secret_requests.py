"""How much a cluster is asked for a set: a page of each list, and a request for each Secret that is not right."""

from collections import Counter
from typing import Any

import pytest

from tests.unit.secrets_server import SecretsServer
from towpath.cluster.access import ClusterAccess
from towpath.pull_secrets import set_lifecycle
from towpath.pull_secrets.survey import survey
from towpath.settings.namespaces import Namespaces

COUNT, PAGES = 1200, 3
NAMES = [f"team-{number:04}" for number in range(COUNT)]
SECRETS, NAMESPACES = ("GET", "/api/v1/secrets"), ("GET", "/api/v1/namespaces")


def props(password: str, names: list[str] = NAMES) -> dict[str, Any]:
    return {
        "access": {"kubeconfig": ""},
        "contents": {"0": {"config": password, "username": "", "password": ""}},
        "secret_name": "regcred",
        "owner": "test",
        "adopt": False,
        "applies": True,
        "ca_pem": "",
        "namespaces": {name: {"content": "0"} for name in names},
        "refused": {},
    }


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SecretsServer:
    server = SecretsServer(NAMES)
    monkeypatch.setattr(ClusterAccess, "client", server.opened)
    return server


def writes(names: list[str]) -> Counter[tuple[str, str]]:
    return Counter(("PATCH", f"/api/v1/namespaces/{name}/secrets/regcred") for name in names)


async def test_a_survey_asks_for_the_pages_of_two_lists(server: SecretsServer) -> None:
    settings = Namespaces.model_validate({"rules": [{"globs": ["team-*"]}]})
    found = await survey(server.client(), settings, "test")
    assert [each.name for each in found.chosen] == NAMES
    assert Counter(server.asked) == {NAMESPACES: PAGES, SECRETS: 1}


def test_a_set_is_made_by_one_list_and_a_write_a_namespace(server: SecretsServer) -> None:
    set_lifecycle.created(props("first"))
    assert Counter(server.taken()) == writes(NAMES) + Counter({SECRETS: 1})
    assert set(server.secrets) == set(NAMES)


def test_a_rotation_asks_for_each_page_once_and_writes_each_secret_once(server: SecretsServer) -> None:
    olds = set_lifecycle.created(props("first"))
    server.taken()
    set_lifecycle.updated(olds, props("second"))
    assert Counter(server.taken()) == writes(NAMES) + Counter({SECRETS: PAGES})


def test_what_is_right_already_is_not_written_again(server: SecretsServer) -> None:
    set_lifecycle.created(props("first"))
    server.taken()
    set_lifecycle.created(props("first"))
    assert Counter(server.taken()) == {SECRETS: PAGES}


def test_a_namespace_that_is_new_costs_one_write(server: SecretsServer) -> None:
    olds = set_lifecycle.created(props("first", NAMES[1:]))
    server.taken()
    set_lifecycle.updated(olds, props("first"))
    assert Counter(server.taken()) == writes(NAMES[:1]) + Counter({SECRETS: PAGES})


def test_looking_for_drift_asks_for_the_pages_of_one_list(server: SecretsServer) -> None:
    outs = set_lifecycle.created(props("first"))
    server.taken()
    server.secrets[NAMES[7]]["data"] = {}
    assert set_lifecycle.found(outs)["drifted"] == [NAMES[7]]
    assert Counter(server.taken()) == {SECRETS: PAGES}


def test_an_update_that_changes_no_namespace_asks_nothing(server: SecretsServer) -> None:
    olds = set_lifecycle.created(props("first"))
    server.taken()
    set_lifecycle.updated(olds, {**props("first"), "adopt": True})
    assert server.taken() == []
