"""What local and remote commands have in common: which command runs when, what stays, what a preview knows."""

import re
import secrets
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from engine.plugins.changes import Diff
from engine.plugins.command import differences
from engine.plugins.command.inputs import Object
from engine.plugins.command.quoting import quote
from engine.plugins.command.redaction import SHORTEST_LINE, Redactor
from engine.plugins.command.runtime import Runtime
from engine.plugins.command.transcript import STREAMS, Stream, Transcript
from engine.plugins.resource import Call, Checked, Created, Prior, Resource
from engine.plugins.values import UNKNOWN, Properties, Secret, Value, reveal

COMMANDS = ("create", "update", "delete")
OUTPUTS = ("stdout", "stderr", "assets", "archive")
SHOWN: dict[str, tuple[Stream, ...]] = {"stdout": ("stdout",), "stderr": ("stderr",), "none": ()}


class CommandResource(Resource):
    """A command that runs on create, on update and on delete."""

    known: ClassVar[Object]
    replace_on = differences.REPLACE_ON

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @abstractmethod
    def run(self, call: Call, command: str, values: Properties, previous: Properties) -> Properties:
        """Run `command` with the settings in `values`; return the outputs. `previous` are those of the run before."""

    def check(self, call: Call, old_inputs: Properties, inputs: Properties) -> Checked:  # noqa: ARG002
        """Refuse what the schema does not allow; fill in the connection's defaults."""
        return self.known.check(inputs)

    def diff(self, call: Call, prior: Prior, inputs: Properties) -> Diff:  # noqa: ARG002
        """Let `triggers` replace; anything else runs `update`, or `create` if there is none."""
        return differences.find(self.known, prior, inputs)

    def create(self, call: Call, inputs: Properties) -> Created:
        """Run `create`, if there is one."""
        if call.preview:
            return Created("", {**inputs, "stdout": UNKNOWN, "stderr": UNKNOWN})
        outputs = self._run_if_set(call, inputs.get("create"), inputs, {"stdout": "", "stderr": ""})
        return Created(new_id(call.name), {**inputs, **outputs})

    def update(self, call: Call, prior: Prior, inputs: Properties) -> Properties:
        """Run `update`, or `create` if there is none; without either, the outputs stay."""
        kept = {key: prior.state[key] for key in OUTPUTS if key in prior.state}
        command = inputs.get("create") if inputs.get("update") is None else inputs["update"]
        if call.preview and command is not None:
            kept = dict.fromkeys(("stdout", "stderr", *kept), UNKNOWN)
        elif not call.preview:
            kept = self._run_if_set(call, command, inputs, kept)
        return {**inputs, **kept}

    def delete(self, call: Call, prior: Prior) -> None:
        """Run `delete`, if there is one, with the settings in the state."""
        self._run_if_set(call, prior.state.get("delete"), prior.state, prior.state)

    def _run_if_set(self, call: Call, command: Value, values: Properties, previous: Properties) -> Properties:
        if command is None:
            return previous
        return {**previous, **self.run(call, reveal(command), values, previous)}


def new_id(name: str) -> str:
    """Make the id of a new resource: its name and eight random hexadecimal digits."""
    return f"{name}{secrets.token_hex(4)}"


def redactor(values: Properties, previous: Properties, more: list[str]) -> Redactor:
    """Mask whatever is marked secret in inputs or state, stdin in any case, and `more`.

    Of a secret command its words are masked too: it is mostly secret for one of them. The connection is secret as a
    whole, host and user included; of it, only what is in `more` is masked.
    """
    properties = [(key, value) for key, value in (*values.items(), *previous.items()) if key != "connection"]
    marked = [text for _, value in properties for text in _marked(value)]
    words = [word for key, value in properties if key in COMMANDS for text in _marked(value) for word in _words(text)]
    stdin = reveal(values.get("stdin"))
    return Redactor([*marked, *words, *more, *([stdin] if stdin else [])])


def transcript(call: Call, values: Properties, redact: Redactor) -> Transcript:
    """Show output in the status column of the resource, as far as `logging` wants it."""
    shown = SHOWN.get(reveal(values.get("logging")) or "", STREAMS)
    return Transcript(lambda line: call.log(redact(line), ephemeral=True), shown)


def failure_text(status: str, command: str, said: Transcript, redact: Redactor) -> str:
    """Word a failure as the official plugin does, with secrets masked."""
    return f"{status}: running {quote(redact(command))}:\n{redact(said.tail())}"


def outputs_of(said: Transcript) -> dict[str, Any]:
    """Collect the outputs `stdout` and `stderr`."""
    return {stream: said.text(stream) for stream in STREAMS}


def _words(command: str) -> list[str]:
    return [word for word in re.split(r"[\s'\"=;|&()]+", command) if len(word) >= SHORTEST_LINE]


def _marked(value: Value) -> Iterator[str]:
    """Every text that stands inside a secret."""
    if isinstance(value, Secret):
        yield from _texts(reveal(value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _marked(item)
    elif isinstance(value, list):
        for item in value:
            yield from _marked(item)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever a secret holds
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
