"""Pull secrets without a cluster: selectors, which namespaces, what is written, and settings that do not hold."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from towpath.errors import SettingsError
from towpath.pull_secrets.account_patch import Entry, addition, removal
from towpath.pull_secrets.docker_config import docker_config_json
from towpath.pull_secrets.errors import PullSecretsError
from towpath.pull_secrets.label_selector import fits, parse_selector
from towpath.pull_secrets.manifests import owner_of, pull_secret
from towpath.pull_secrets.references import container_disk, data_volume_source, image_pull_secrets
from towpath.pull_secrets.selection import Chosen, Found, choose
from towpath.pull_secrets.survey import Survey
from towpath.settings import load_settings
from towpath.settings.namespaces import EACH_AT_MOST, NamespaceRule, Namespaces

LABELS = {"tier": "web", "env": "dev", "team.corp/name": "a"}


@pytest.mark.parametrize(
    ("selector", "met"),
    [
        ("tier=web", True),
        ("tier==web,env=dev", True),
        ("tier=web,env=prod", False),
        ("tier!=db", True),
        ("tier!=web", False),
        ("missing!=x", True),
        ("env in (dev, test)", True),
        ("env in (prod)", False),
        ("env notin (prod,test)", True),
        ("missing notin (x)", True),
        ("missing in (x)", False),
        ("tier", True),
        ("missing", False),
        ("!missing", True),
        ("!tier", False),
        ("team.corp/name=a, tier", True),
        ("env in (dev),tier in (web)", True),
    ],
)
def test_selectors_mean_what_they_mean_to_kubectl(selector: str, met: bool) -> None:
    assert fits(parse_selector(selector), LABELS) is met


@pytest.mark.parametrize("selector", ["", ",", "tier=web,", "a b", "tier=we b", "env in dev", "=x", "env in (a$)"])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match=r"empty condition|no condition|no label can"):
        parse_selector(selector)


def chosen(found: list[Found], *rules: dict[str, Any]) -> list[str]:
    return [each.name for each in choose([NamespaceRule.model_validate(rule) for rule in rules], found)]


CLUSTER = [
    Found("kube-system", {"tier": "web"}),
    Found("team-a", {"tier": "web"}),
    Found("team-b", {"tier": "db"}),
    Found("team-old", {"tier": "web"}, terminating=True),
    Found("web", {"tier": "web"}),
]


def test_globs_and_labels_of_one_rule_must_both_fit() -> None:
    assert chosen(CLUSTER, {"globs": ["team-*"]}) == ["team-a", "team-b"]
    assert chosen(CLUSTER, {"labels": "tier=web"}) == ["team-a", "web"]
    assert chosen(CLUSTER, {"globs": ["team-*"], "labels": "tier=web"}) == ["team-a"]
    assert chosen(CLUSTER, {"labels": "tier", "exclude": ["team-*"]}) == ["web"]


def test_system_namespaces_must_be_named() -> None:
    assert chosen(CLUSTER, {"globs": ["*"]}) == ["team-a", "team-b", "web"]
    assert chosen(CLUSTER, {"names": ["kube-system"]}) == ["kube-system"]


def test_a_name_is_chosen_whether_it_is_there_or_not() -> None:
    assert chosen(CLUSTER, {"names": ["nowhere", "team-old"]}) == ["nowhere", "team-old"]


def test_the_first_rule_that_fits_holds() -> None:
    rules = [NamespaceRule(names=("web",)), NamespaceRule(globs=("*",))]
    assert Chosen("web", 0, create=False) in choose(rules, CLUSTER)
    assert Chosen("team-a", 1, create=False) in choose(rules, CLUSTER)


@given(st.lists(st.text("abc-", min_size=1, max_size=6), unique=True), st.lists(st.sampled_from(["a*", "*b", "*"])))
def test_a_pattern_never_chooses_what_is_not_there(names: list[str], globs: list[str]) -> None:
    rules = [NamespaceRule(globs=(glob,)) for glob in globs]
    result = choose(rules, [Found(name) for name in names])
    assert {each.name for each in result} <= set(names)
    assert len({each.name for each in result}) == len(result)


def test_auto_goes_from_one_way_to_the_other_by_number() -> None:
    def one_by_one(count: int, mode: str = "auto") -> bool:
        survey = Survey(tuple(Chosen(f"n{number}", 0, create=False) for number in range(count)), {}, {})
        return survey.one_by_one(Namespaces.model_validate({"mode": mode}))

    assert one_by_one(EACH_AT_MOST)
    assert not one_by_one(EACH_AT_MOST + 1)
    assert one_by_one(300, "each")
    assert not one_by_one(1, "set")


LOGINS = st.dictionaries(
    st.sampled_from(["reg.test:5000", "ghcr.io", "docker.io"]),
    st.fixed_dictionaries({"username": st.text("ab.1", min_size=1), "password": st.text(min_size=1)}),
    min_size=1,
)


@given(LOGINS)
def test_logins_are_written_the_same_whatever_their_order(logins: dict[str, dict[str, str]]) -> None:
    text = docker_config_json(logins)
    assert docker_config_json(dict(reversed(logins.items()))) == text
    for host, entry in json.loads(text)["auths"].items():
        login = logins["docker.io" if host == "https://index.docker.io/v1/" else host]
        assert base64.b64decode(entry["auth"]).decode() == f"{login['username']}:{login['password']}"


def test_an_email_is_written_where_it_is_wanted() -> None:
    login = {"username": "u", "password": "p"}
    entries = json.loads(docker_config_json({"a.test": {**login, "email": "u@a.test"}, "b.test": login}))["auths"]
    assert entries["a.test"]["email"] == "u@a.test"
    assert "email" not in entries["b.test"]


@given(st.text("aZ09._- /äö", min_size=1, max_size=120))
def test_every_stack_has_a_label_that_the_api_server_takes(stack: str) -> None:
    owner = owner_of(stack)
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", owner)


def test_stacks_that_look_alike_are_told_apart() -> None:
    assert owner_of("prod") == "prod"
    assert len({owner_of("a/b"), owner_of("a-b"), owner_of("a b")}) == 3


def test_the_secret_is_of_the_type_that_kubelets_read() -> None:
    found = pull_secret("regcred", "team-a", "prod", '{"auths":{}}')
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    assert base64.b64decode(found["data"][".dockerconfigjson"]) == b'{"auths":{}}'


def test_workloads_name_it() -> None:
    assert image_pull_secrets("regcred") == [{"name": "regcred"}]
    disk = container_disk("regcred", "reg.test/vm:1")["containerDisk"]
    assert disk == {"image": "reg.test/vm:1", "imagePullSecret": "regcred"}
    source = data_volume_source("regcred", "reg.test/vm:1")["registry"]
    assert source == {"url": "docker://reg.test/vm:1", "secretRef": "regcred-cdi", "certConfigMap": "regcred-cdi-ca"}
    assert "certConfigMap" not in data_volume_source("regcred", "reg.test/vm:1", ca=False)["registry"]


ENTRY = Entry("regcred", "prod")


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
    st.dictionaries(st.sampled_from(["x/y~z", "k"]), st.text(max_size=2), max_size=2),
)
def test_what_is_put_into_an_account_comes_out_again_without_a_trace(
    names: list[str], annotations: dict[str, str]
) -> None:
    account: dict[str, Any] = {"metadata": {"resourceVersion": "1"}}
    if names:
        account["imagePullSecrets"] = [{"name": name} for name in names]
    if annotations:
        account["metadata"]["annotations"] = dict(annotations)
    before = json.dumps(account, sort_keys=True)
    patch, ours = addition(account, ENTRY)
    patched = _patched(account, patch)
    assert ours
    assert {"name": "regcred"} in patched["imagePullSecrets"]
    assert addition(patched, ENTRY) == ([], True)
    assert json.dumps(_patched(patched, removal(patched, ENTRY)[0]), sort_keys=True) == before


def _patched(document: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply the few operations of RFC 6902 that are used."""
    result: dict[str, Any] = json.loads(json.dumps(document))
    for change in patch:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in change["path"].split("/")[1:]]
        place: Any = result
        for part in path:
            place = place[part]
        if change["op"] == "remove":
            place.pop(int(last) if isinstance(place, list) else last)
        elif isinstance(place, list):
            place.append(change["value"])
        else:
            place[last] = change["value"]
    return result


def test_an_entry_of_others_is_not_ours() -> None:
    assert addition({"metadata": {}, "imagePullSecrets": [{"name": "regcred"}]}, ENTRY) == ([], False)


def test_what_failed_is_listed_by_namespace() -> None:
    said = str(PullSecretsError("serving pull secrets", {"b": "applying: no rights", "a": "reading: gone"}))
    assert said.splitlines()[0].startswith("serving pull secrets: 2 namespaces not done, the rest is")
    assert said.splitlines()[1:] == ["  - a: reading: gone", "  - b: applying: no rights"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "chooses no namespace"),
        ({"globs": ["a*"], "create": True}, "create is for namespaces in names"),
        ({"names": ["a"], "registries": []}, "registries is empty"),
        ({"names": ["a"], "cdi": True, "registries": ["ghcr.io"]}, "add own to registries"),
        ({"labels": "a b"}, "no condition on a label"),
        ({"globs": ["Team_*"]}, "no pattern for namespaces"),
        ({"names": ["a"], "service_accounts": ["Bad Name"]}, "no name of an object"),
        ({"names": ["a"], "acount": "ci"}, "Extra inputs"),
    ],
)
def test_a_rule_that_does_not_hold_says_what_to_mend(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        NamespaceRule.model_validate(rule)


def loaded(namespaces: dict[str, Any], **groups: Any) -> None:
    settings = {
        "nodes": {"members": {"a": {"address": "10.0.0.1"}}},
        "accounts": [{"name": "ci"}],
        "cluster": {"kubeconfig": "x"},
        "namespaces": namespaces,
        **groups,
    }
    load_settings({f"towpath:{key}": json.dumps(value) for key, value in settings.items() if value is not None})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"names": ["a"], "account": "nobody"}, "no account; write one of: ci"),
        ({"names": ["a"], "registries": ["ghcr.io"]}, r"has 'ghcr.io'; write own, or keys of external_registries: own"),
    ],
)
def test_a_rule_names_only_what_the_stack_has(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        loaded({"rules": [rule]})


def test_namespaces_need_a_cluster_and_a_registry() -> None:
    with pytest.raises(SettingsError, match="set cluster"):
        loaded({"rules": [{"names": ["a"]}]}, cluster=None)
    with pytest.raises(SettingsError, match="no registry to log in to"):
        loaded({"rules": [{"names": ["a"]}]}, registry={"kind": "none"}, accounts=None)
    loaded({"rules": [{"names": ["a"]}]})


def test_a_namespace_is_named_once() -> None:
    with pytest.raises(SettingsError, match="rules name a twice"):
        loaded({"rules": [{"names": ["a"]}, {"names": ["a", "b"]}]})
