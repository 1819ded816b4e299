"""What a preview that failed or broke off did not come to."""

from collections.abc import Sequence

from towpath.report.fleet import node_of
from towpath.report.machines import is_node_state, is_server
from towpath.report.section import Entry, names
from towpath.report.stream import Preview

_PARTS = {
    "the registry": (("nodes", "NodeState"), ("registry", "RegistryCheck")),
    "pull secrets in namespaces": (("cluster", "PullSecretSet"),),
    "images that are copied": (("images", "ImageMirror"),),
    "images that are deleted": (("images", "ImageDeletion"),),
    "logins at other registries": (("external", "ExternalLogin"),),
}
"""What a reviewer calls a part, and the dynamic resources that show that it was come to."""


def missing_entries(preview: Preview) -> list[Entry]:
    """Name the parts of the stack that its settings have and the stream has not."""
    if preview.result == "succeeded":
        return []
    wanted = _wanted(preview)
    others = [step for step in preview.steps if not is_node_state(step) or is_server(step)]
    parts = [
        part
        for part, kinds in _PARTS.items()
        if part in wanted and not any(step.is_of(*kind) for step in others for kind in kinds)
    ]
    nodes = _nodes(preview)
    named: Entry = ("nodes ", *names(nodes), *("; ",) * bool(parts)) if nodes else ()
    entries: list[Entry] = [("Not looked at: ", *named, "; ".join(parts))] if nodes or parts else []
    # The engine plans what goes when the program has come to its end.
    return [*entries, ("Not known: what would be deleted, as that is planned last.",)]


def _wanted(preview: Preview) -> set[str]:
    settings = preview.settings
    has_registry = settings.at("registry", "kind") != "none" and bool(settings.groups)
    told = (
        has_registry,
        settings.at("namespaces"),
        settings.at("images", "mirror"),
        settings.at("images", "retention"),
    )
    wants = (*told, settings.at("external_registries"))
    return {part for part, wanted in zip(_PARTS, wants, strict=True) if wanted}


def _nodes(preview: Preview) -> Sequence[str]:
    seen = {node_of(step) for step in preview.steps if is_node_state(step) and not is_server(step)}
    return [name for name in preview.settings.group("nodes", "members") if name not in seen]
