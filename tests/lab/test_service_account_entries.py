"""Our entry on ServiceAccounts, on a real API server: beside those of others, and gone without a trace."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.api_server import misbehaving
from towpath.cluster.client import MERGE_PATCH, Call
from towpath.pull_secrets import entries_lifecycle
from towpath.pull_secrets.account_patch import Entry
from towpath.pull_secrets.service_accounts import add_entries, remove_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.api_server import ApiServer
    from towpath.cluster.access import ClusterAccess

OURS = Entry("regcred", "test")


def props(access: ClusterAccess, accounts: dict[str, list[str]], **changes: Any) -> dict[str, Any]:
    fixed = {"access": access.to_record(), "secret_name": "regcred", "owner": "test", "accounts": accounts}
    return {**fixed, **changes}


@pytest.fixture
def two(api_server: ApiServer) -> Iterator[list[str]]:
    with api_server.namespaces("a", "b") as names:
        yield names


def entries(api_server: ApiServer, namespace: str, name: str = "default") -> list[str]:
    found = api_server.get("-n", namespace, "serviceaccount", name).get("imagePullSecrets") or []
    return [each["name"] for each in found]


def stored(api_server: ApiServer, namespace: str, name: str = "default") -> str:
    """Return an account as it is stored, but for what every write changes."""
    found = api_server.get("-n", namespace, "serviceaccount", name)
    del found["metadata"]["resourceVersion"]
    found["metadata"].pop("managedFields", None)
    return json.dumps(found)


def patch(api_server: ApiServer, namespace: str, document: dict[str, Any], name: str = "default") -> None:
    api_server.kubectl("-n", namespace, "patch", "serviceaccount", name, "--patch", json.dumps(document))


def test_accounts_are_as_before_once_the_entry_is_out(api_server: ApiServer, two: list[str]) -> None:
    theirs = {"imagePullSecrets": [{"name": "theirs-1"}, {"name": "theirs-2"}], "metadata": {"annotations": {"x": "y"}}}
    patch(api_server, two[0], theirs)
    before = [stored(api_server, name) for name in two]
    outs = entries_lifecycle.created(props(api_server.access, {name: ["default"] for name in two}))
    assert outs["failed"] == {}
    assert entries(api_server, two[0]) == ["theirs-1", "theirs-2", "regcred"]
    assert entries(api_server, two[1]) == ["regcred"]
    entries_lifecycle.deleted(outs)
    assert [stored(api_server, name) for name in two] == before


def test_an_entry_that_others_put_in_stays(api_server: ApiServer, two: list[str]) -> None:
    patch(api_server, two[0], {"imagePullSecrets": [{"name": "regcred"}]})
    before = stored(api_server, two[0])
    outs = entries_lifecycle.created(props(api_server.access, {two[0]: ["default"]}))
    entries_lifecycle.deleted(outs)
    assert stored(api_server, two[0]) == before


def test_a_run_that_was_killed_before_it_wrote_down_what_it_did_is_cleaned_up(
    api_server: ApiServer, two: list[str]
) -> None:
    wanted = props(api_server.access, {two[0]: ["default"]})
    entries_lifecycle.created(wanted)
    outs = entries_lifecycle.created(wanted)
    entries_lifecycle.deleted(outs)
    assert entries(api_server, two[0]) == []


async def test_others_that_edit_at_the_same_moment_lose_nothing(api_server: ApiServer, two: list[str]) -> None:
    path = f"/api/v1/namespaces/{two[0]}/serviceaccounts/default"

    async def others(number: int) -> None:
        async with api_server.access.client() as client:
            await add_entries(client, {two[0]: ["default"]}, Entry(f"theirs-{number}", f"other-{number}"))
            for turn in range(5):
                document = {"metadata": {"annotations": {f"theirs-{number}": str(turn)}}}
                await client.send(merge(path, document))

    async with api_server.access.client() as client:
        done = await asyncio.gather(
            add_entries(client, {two[0]: ["default"]}, OURS), *(others(number) for number in range(4))
        )
        assert done[0] == ({two[0]: ["default"]}, {})
        assert set(entries(api_server, two[0])) == {"regcred", *(f"theirs-{number}" for number in range(4))}
        await asyncio.gather(
            remove_entries(client, {two[0]: ["default"]}, OURS),
            *(
                remove_entries(client, {two[0]: ["default"]}, Entry(f"theirs-{number}", f"other-{number}"))
                for number in range(2)
            ),
        )
    assert set(entries(api_server, two[0])) == {"theirs-2", "theirs-3"}
    annotations = api_server.get("-n", two[0], "serviceaccount", "default")["metadata"]["annotations"]
    edited = {f"theirs-{number}": "4" for number in range(4)}
    assert annotations == edited | {f"towpath/other-{number}": f"theirs-{number}" for number in (2, 3)}


@pytest.mark.parametrize("theirs", [["theirs"], ["theirs-1", "theirs-2"], []])
async def test_who_edits_between_our_reading_and_our_writing_loses_nothing(
    api_server: ApiServer, two: list[str], theirs: list[str]
) -> None:
    """Their edit comes when our patch is already under way."""
    edits = [{"imagePullSecrets": [{"name": name} for name in theirs], "metadata": {"annotations": {"edited": "yes"}}}]

    def decide(method: str, _: str) -> None:
        if method == "PATCH" and edits:
            document = json.dumps(edits.pop())
            api_server.kubectl("-n", two[0], "patch", "sa", "default", "--type", "merge", "--patch", document)

    async with misbehaving(api_server, decide) as access:
        outs = await asyncio.to_thread(entries_lifecycle.created, props(access, {two[0]: ["default"]}))
        assert outs["failed"] == {}
        assert set(entries(api_server, two[0])) == {*theirs, "regcred"}
        edits.append({"imagePullSecrets": [{"name": name} for name in ["first", *theirs, "regcred"]]})
        await asyncio.to_thread(entries_lifecycle.deleted, {**outs, "ours": {two[0]: ["default"]}})
    assert set(entries(api_server, two[0])) == {"first", *theirs}
    annotations = api_server.get("-n", two[0], "serviceaccount", "default")["metadata"]["annotations"]
    assert annotations["edited"] == "yes"


def merge(path: str, document: dict[str, Any]) -> Any:
    return Call("PATCH", path, "editing", content=document, content_type=MERGE_PATCH)


def test_an_account_that_is_missing_is_named_and_the_next_run_finishes(api_server: ApiServer, two: list[str]) -> None:
    wanted = props(api_server.access, {two[0]: ["builder"], two[1]: ["default"]})
    first = entries_lifecycle.created(wanted)
    assert list(first["failed"]) == [two[0]]
    assert f"changing ServiceAccount builder in namespace {two[0]}: there is no such" in first["failed"][two[0]]
    assert entries(api_server, two[1]) == ["regcred"]
    assert entries_lifecycle.has_changed(first, wanted)
    api_server.kubectl("-n", two[0], "create", "serviceaccount", "builder")
    second = entries_lifecycle.updated(first, wanted)
    assert (second["failed"], second["ours"]) == ({}, {two[0]: ["builder"], two[1]: ["default"]})
    assert not entries_lifecycle.has_changed(second, wanted)


def test_drift_is_found_and_repaired(api_server: ApiServer, two: list[str]) -> None:
    wanted = props(api_server.access, {name: ["default"] for name in two})
    outs = entries_lifecycle.created(wanted)
    theirs = '[{"op": "replace", "path": "/imagePullSecrets", "value": [{"name": "theirs"}]}]'
    api_server.kubectl("-n", two[0], "patch", "serviceaccount", "default", "--type", "json", "--patch", theirs)
    found = entries_lifecycle.found(outs)
    assert found["accounts"] == {two[1]: ["default"]}
    repaired = entries_lifecycle.updated(found, wanted)
    assert set(entries(api_server, two[0])) == {"theirs", "regcred"}
    assert entries_lifecycle.found(repaired)["accounts"] == wanted["accounts"]


def test_accounts_wanted_no_more_and_another_name(api_server: ApiServer, two: list[str]) -> None:
    outs = entries_lifecycle.created(props(api_server.access, {name: ["default"] for name in two}))
    outs = entries_lifecycle.updated(outs, props(api_server.access, {two[0]: ["default"]}))
    assert [entries(api_server, name) for name in two] == [["regcred"], []]
    outs = entries_lifecycle.updated(outs, props(api_server.access, {two[0]: ["default"]}, secret_name="pull"))
    assert entries(api_server, two[0]) == ["pull"]
    entries_lifecycle.deleted(outs)
    assert entries(api_server, two[0]) == []


def test_other_credentials_alone_ask_nothing_of_the_cluster(api_server: ApiServer, two: list[str]) -> None:
    outs = entries_lifecycle.created(props(api_server.access, {two[0]: ["default"]}))
    nowhere = props(api_server.at(9), {two[0]: ["default"]})
    assert entries_lifecycle.has_changed(outs, nowhere)
    assert entries_lifecycle.updated(outs, nowhere)["ours"] == {two[0]: ["default"]}
