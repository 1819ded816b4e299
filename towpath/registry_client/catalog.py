"""The list of repositories (the distribution project's HTTP API V2, "Catalog")."""

from collections.abc import AsyncIterator

from towpath.registry_client import scope
from towpath.registry_client.answer import Answer
from towpath.registry_client.page import PAGE_ENTRIES, pages, strings
from towpath.registry_client.session import Call, RegistrySession


async def ping(session: RegistrySession) -> Answer:
    """Ask whether it is a registry that lets us in (OCI distribution specification 1.1, "Determining Support")."""
    return await session.send(Call("GET", "/v2/", "asking whether it is a registry"))


async def repositories(session: RegistrySession) -> AsyncIterator[str]:
    """Give each repository's name, a page at a time. Repositories whose images are all gone stay in the list."""
    what = "the list of repositories"
    async for document in pages(session, Call("GET", f"/v2/_catalog?n={PAGE_ENTRIES}", what, scope.CATALOG)):
        for name in strings(session, what, document, "repositories"):
            yield name
