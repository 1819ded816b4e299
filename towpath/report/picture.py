"""A picture of the stack as SVG: who pulls from where, and what a change touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from towpath.report.fleet import Fleet, fleet_of, node_of
from towpath.report.machines import MachineChange, is_node_state, is_server, machine_changes
from towpath.report.section import counted
from towpath.report.step import Step
from towpath.report.stream import Preview

_WIDTH, _MARGIN, _COLUMNS = 960, 20, 4
_BOX_WIDTH, _BOX_HEIGHT, _GAP = 215, 62, 20
_MOST_NODES = 48
"""More would be a wall; the rest is a number."""
_LONGEST = 26


@dataclass(frozen=True)
class _Box:
    title: str
    said: str
    state: str
    """CSS class: same, changes or restarts."""


def picture_of(preview: Preview) -> str:
    """Return an `<svg>` with a title and a description; its colours are the page's CSS classes."""
    upper = _upper(preview.steps)
    nodes = _nodes(preview)
    shown, more = nodes[:_MOST_NODES], len(nodes) - _MOST_NODES
    below = _MARGIN + _BOX_HEIGHT + 2 * _GAP
    parts = [_drawn(box, number, _MARGIN) for number, box in enumerate(upper)]
    rows = -(-len(shown) // _COLUMNS)
    if shown:
        parts.append(
            f'<path class="way" d="M{_MARGIN + _BOX_WIDTH / 2:g} {below - _GAP / 4:g} v{-2 * _GAP + _GAP / 2:g}"/>'
        )
    for number, box in enumerate(shown):
        parts.append(_drawn(box, number % _COLUMNS, below + number // _COLUMNS * (_BOX_HEIGHT + _GAP)))
    height = below + rows * (_BOX_HEIGHT + _GAP) + _MARGIN
    if more > 0:
        parts.append(f'<text x="{_MARGIN}" y="{height - _MARGIN / 2:g}">and {counted(more, "node")} more</text>')
    said = "; ".join(f"{box.title}: {box.said}" for box in (*upper, *shown))
    described = f'<title id="picture-title">The stack</title><desc id="picture-said">{escape(said)}</desc>'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="picture-title picture-said">'
        f"{described}{''.join(parts)}</svg>"
    )


def _upper(steps: Sequence[Step]) -> list[_Box]:
    boxes = [
        _group(steps, ("ImageMirror",), "other registries", "images are copied from here"),
        _group(steps, ("RegistryContainer", "RegistryDeployment"), "registry", "the stack's own"),
        _group(steps, ("PullThroughCache",), "caches", "of other registries"),
        _group(steps, ("PullSecrets", "PullSecretSet"), "namespaces", "pods that pull"),
    ]
    return [box for box in boxes if box]


def _group(steps: Sequence[Step], kinds: Sequence[str], title: str, said: str) -> _Box | None:
    ours = [step for step in steps if step.kind in kinds or any(step.is_in(kind) for kind in kinds)]
    if not ours:
        return None
    changed = sum(step.is_change for step in ours)
    restarts = any(change.containers for change in machine_changes(ours))
    state = "restarts" if restarts else "changes" if changed else "same"
    return _Box(title, f"{counted(changed, 'change')}" if changed else said, state)


def _nodes(preview: Preview) -> list[_Box]:
    fleet = fleet_of(preview)
    by_node: dict[str, list[MachineChange]] = {}
    for step in preview.steps:
        if is_node_state(step) and not is_server(step):
            by_node.setdefault(node_of(step), []).extend(machine_changes([step]))
    return [_node(name, by_node[name], fleet) for name in sorted(by_node, key=fleet.order)]


def _node(name: str, changes: Sequence[MachineChange], fleet: Fleet) -> _Box:
    batch = f", batch {fleet.batch[name]}" if name in fleet.batch else ""
    restarts = sorted({each for change in changes for each in (*change.restarts, *change.maybe)})
    if restarts:
        may = "may restart" if not any(change.restarts for change in changes) else "restart"
        return _Box(name, f"{', '.join(restarts)} {may}{batch}", "restarts")
    return _Box(name, f"changes{batch}" if changes else "stays as it is", "changes" if changes else "same")


def _drawn(box: _Box, column: int, top: int) -> str:
    left = _MARGIN + column * (_BOX_WIDTH + _GAP)
    return (
        f'<g class="{box.state}"><rect x="{left}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="8"/>'
        f'<text class="name" x="{left + 12}" y="{top + 26}">{escape(_short(box.title))}</text>'
        f'<text x="{left + 12}" y="{top + 47}">{escape(_short(box.said))}</text></g>'
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
