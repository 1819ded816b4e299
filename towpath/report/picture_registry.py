"""The boxes of a picture for registries: others, and the stack's own with its caches and accounts."""

from collections import Counter
from collections.abc import Iterator, Sequence

from towpath.report.credentials import certificates_in_words, rotation_in_words
from towpath.report.deployment import is_workload, rolls_out
from towpath.report.fleet import node_of
from towpath.report.images import copied, images_in_words, source_of
from towpath.report.machines import is_node_state, machine_changes
from towpath.report.picture_shapes import Box, State
from towpath.report.section import counted
from towpath.report.servers import restarting_servers
from towpath.report.step import Step, word
from towpath.report.stream import Preview

_FATES = {"create": State.NEW, "delete": State.GOES}
_SAID = {State.NEW: "new", State.GOES: "goes"}


def upstream_boxes(preview: Preview) -> list[Box]:
    """Return a box for each registry that images or logins come from."""
    said: dict[str, list[str]] = {host: [] for host in preview.settings.group("nodes", "upstreams")}
    copies: Counter[str] = Counter()
    for step in preview.steps:
        if step.is_of("images", "ImageMirror"):
            said |= {source_of(step, name): [] for name in (*step.before("images"), *step.after("images"))} | said
            copies.update(source_of(step, name) for name in copied(step) if step.is_change)
        if step.kind == "PullThroughCache":
            said.setdefault(step.name.removeprefix("cache-"), [])
        if step.is_of("external", "ExternalLogin"):
            lines = said.setdefault(step.said("host"), [])
            lines += ["another token"] if step.op == "update" else []
    for host, number in copies.items():
        said[host].append(f"{counted(number, 'image')} copied")
    return [Box(host, said[host], State.CHANGES if said[host] else State.SAME) for host in sorted(said) if host]


def registry_boxes(preview: Preview) -> list[Box]:
    """Return the stack's registry, its caches and its accounts."""
    steps = preview.steps
    registry = [step for step in steps if step.is_in("RegistryContainer") or step.is_in("RegistryDeployment")]
    boxes = [_registry(preview, registry)] if registry else []
    boxes += list(_caches(steps))
    return [*boxes, *_accounts(steps)]


def _registry(preview: Preview, ours: Sequence[Step]) -> Box:
    sure, maybe = restarting_servers([*ours, *_certificates(preview.steps)])
    own = {op for step in ours if is_node_state(step) or is_workload(step) for op in (step.op,)}
    rolls = rolls_out(ours, preview.steps)
    fate = next((state for op, state in _FATES.items() if own == {op}), None)
    images = images_in_words(preview.steps, preview.messages)
    lines = [_place(ours), *certificates_in_words(preview.steps), *images]
    lines += ["may restart"] if maybe or rolls is None else []
    changed = State.CHANGES if len(lines) > 1 or any(step.is_change for step in ours) else State.SAME
    return Box(_endpoint(preview), lines, fate or (State.RESTARTS if sure or rolls else changed))


def _endpoint(preview: Preview) -> str:
    told = (
        word(step.new.get("registry")) for step in preview.steps if step.type.rpartition("/")[2].startswith("images:")
    )
    host = preview.settings.at("registry", "host")
    return next((endpoint for endpoint in told if endpoint), word(host) or "registry")


def _place(ours: Sequence[Step]) -> str:
    machines = [node_of(step) for step in ours if is_node_state(step) and step.is_in("RegistryContainer")]
    return f"a container on {machines[0]}" if machines else "in the cluster"


def _caches(steps: Sequence[Step]) -> Iterator[Box]:
    for step in steps:
        if is_node_state(step) and step.is_in("PullThroughCache"):
            name = step.name.removesuffix("-state").removeprefix("cache-")
            restarts = any(change.containers for change in machine_changes([step]))
            changed = State.RESTARTS if restarts else State.CHANGES if step.is_change else State.SAME
            yield Box(f"cache of {name}", [], _FATES.get(step.op, changed))


def _accounts(steps: Sequence[Step]) -> list[Box]:
    ours = [step for step in steps if step.is_of("accounts", "AccountRotation")]
    if not ours:
        return []
    lines = [line for step in ours if step.is_change for line in rotation_in_words(step)]
    there = sum(step.op != "delete" for step in ours)
    return [Box(counted(there, "account"), lines, State.CHANGES if lines else State.SAME)]


def _certificates(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.is_in("Certificates")]
