"""Begin to ask the stack's cluster which namespaces get pull secrets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from towpath.settings.files import ReadFile
from towpath.settings.settings import Settings
from towpath.ssh.connection import Connection

if TYPE_CHECKING:
    from towpath.pull_secrets.survey import AskedSurvey


def ask_for_namespaces(
    settings: Settings, connections: Mapping[str, Connection], read: ReadFile, stack: str
) -> "AskedSurvey | None":
    """Ask, where the settings have namespaces; None: they have not, and nothing is loaded for it.

    Raises SettingsError and KubeconfigError.
    """
    if settings.namespaces is None:
        return None
    from towpath.access.cluster_access import cluster_access  # noqa: PLC0415 most stacks need no HTTP library
    from towpath.pull_secrets.manifests import owner_of  # noqa: PLC0415 as above
    from towpath.pull_secrets.survey import AskedSurvey  # noqa: PLC0415 as above

    access = cluster_access(settings, connections, read)
    return AskedSurvey(access, settings.namespaces, owner_of(stack)) if access else None
