"""Ask the cluster which namespaces the rules choose now, and what stands in the way there. Changes nothing."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from towpath.cluster.access import ClusterAccess
from towpath.cluster.client import METADATA_ONLY, ClusterClient
from towpath.cluster.errors import ForbiddenError, NotFoundError
from towpath.pull_secrets.manifests import pull_secret
from towpath.pull_secrets.objects import Objects, foreign
from towpath.pull_secrets.selection import Chosen, Found, choose
from towpath.settings.namespaces import EACH_AT_MOST, NamespaceRule, Namespaces


@dataclass(frozen=True)
class Survey:
    """What there is to do."""

    chosen: tuple[Chosen, ...]
    refused: Mapping[str, str]
    """Namespace → why it cannot be served as things are: missing, being deleted, somebody else's Secret."""
    accounts: Mapping[str, tuple[str, ...]]
    """Namespace → its ServiceAccounts that get the secret."""

    def one_by_one(self, namespaces: Namespaces) -> bool:
        """Whether each namespace has a resource of its own."""
        if namespaces.mode == "auto":
            return len(self.chosen) <= EACH_AT_MOST
        return namespaces.mode == "each"


class AskedSurvey:
    """A survey that is asked for beside whatever else the program does."""

    def __init__(self, access: ClusterAccess, namespaces: Namespaces, owner: str) -> None:
        """Begin."""
        self.access = access
        self.owner = owner
        """What the stack's objects are labelled with."""

        async def ask() -> Survey:
            async with access.client() as client:
                return await survey(client, namespaces, owner)

        pool = ThreadPoolExecutor(1, "namespaces")
        self._answer = pool.submit(lambda: asyncio.run(ask()))
        pool.shutdown(wait=False)

    def result(self) -> Survey:
        """Wait for it. Raises ClusterError, KubeconfigError or SshError."""
        return self._answer.result()


async def survey(client: ClusterClient, namespaces: Namespaces, owner: str) -> Survey:
    """Ask for namespaces, for Secrets of the wanted name and for ServiceAccounts."""
    found = {each.name: each for each in await _namespaces(client, namespaces.rules)}
    chosen = choose(namespaces.rules, found.values())
    there = [each.name for each in chosen if each.name in found and not found[each.name].terminating]
    refused = {each.name: why for each in chosen if (why := _unusable(each, found.get(each.name)))}
    refused |= await _foreign(client, namespaces, owner, there)
    rules = {each.name: namespaces.rules[each.rule] for each in chosen}
    return Survey(chosen, refused, await _accounts(client, rules, frozenset(there)))


async def _namespaces(client: ClusterClient, rules: Iterable[NamespaceRule]) -> list[Found]:
    try:
        items = await client.list("/api/v1/namespaces", "listing Namespaces", accept=METADATA_ONLY)
    except ForbiddenError:
        if any(rule.globs or rule.labels is not None for rule in rules):
            raise
        # Who may not list them may still have rights in those that are named.
        return [Found(name) for rule in rules for name in rule.names]
    return [
        Found(
            item["metadata"]["name"],
            item["metadata"].get("labels") or {},
            terminating="deletionTimestamp" in item["metadata"],
        )
        for item in items
    ]


def _unusable(chosen: Chosen, found: Found | None) -> str | None:
    if found is None and not chosen.create:
        return "the namespace does not exist; make it, set create, or take it out of the rule's names"
    if found is not None and found.terminating:
        return "the namespace is being deleted; wait until it is gone, or leave it out"
    return None


async def _foreign(client: ClusterClient, namespaces: Namespaces, owner: str, names: Iterable[str]) -> dict[str, str]:
    objects, secret = Objects(client, owner), namespaces.secret
    await objects.look_ahead("Secret", secret)

    async def one(name: str) -> tuple[str, str | None]:
        try:
            found = await objects.find("Secret", secret, name)
        except ForbiddenError as error:
            return name, f"{error.step}: {error.finding}"
        wanted = pull_secret(secret, name, owner, "")
        why = foreign(found, wanted, owner, adopt=namespaces.adopt) if found else None
        return name, f"looking at Secret {secret}: {why}" if why else None

    return {name: why for name, why in await asyncio.gather(*(one(name) for name in names)) if why}


async def _accounts(
    client: ClusterClient, rules: Mapping[str, NamespaceRule], there: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    async def one(name: str, rule: NamespaceRule) -> tuple[str, tuple[str, ...]]:
        if rule.service_accounts == "all" and name in there:
            return name, await _all_accounts(client, name)
        return name, ("default",) if isinstance(rule.service_accounts, str) else rule.service_accounts

    answers = await asyncio.gather(*(one(name, rule) for name, rule in rules.items()))
    return {name: accounts for name, accounts in answers if accounts}


async def _all_accounts(client: ClusterClient, namespace: str) -> tuple[str, ...]:
    step = f"listing ServiceAccounts in namespace {namespace}"
    try:
        items = await client.list(f"/api/v1/namespaces/{namespace}/serviceaccounts", step, accept=METADATA_ONLY)
    except (ForbiddenError, NotFoundError):
        # It is tried with the one that there always is, and that failure is said by namespace.
        return ("default",)
    return tuple(sorted(item["metadata"]["name"] for item in items))
