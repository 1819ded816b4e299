"""One stack, brought to its machines or taken back, with nothing secret shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from towpath.delivery import backend, commands, secrets, stack_files
from towpath.delivery.errors import DeliveryError
from towpath.delivery.policy_pack import policy_options
from towpath.delivery.redacted_run import run_redacted
from towpath.delivery.redactor import Redactor
from towpath.doctor import pulumi
from towpath.settings import Settings, load_settings
from towpath.settings.files import reader

_IN_FILES = "file://"


@dataclass(frozen=True)
class Delivery:
    """What is done to `stack` of the project in `folder`; lines for people go to `write`.

    `recovery` is the command that frees a stack which a killed run left behind, without the stack's name; empty: none.
    Each step returns the exit status of the program that ended it.
    """

    folder: Path
    stack: str
    write: Callable[[str], object]
    recovery: Sequence[str] = ()

    def preview(self, save_plan: Path | None = None, events: Path | None = None, *, drift: bool = False) -> int:
        """Show what a deployment would change, and with `drift` what differs already.

        `events` is where the engine's events go, for a report.
        """
        self._require()
        self._refuse_files()
        command = [*commands.preview(self.stack, save_plan, events), *self._judging]
        if drift:
            command = commands.looking_for_drift(command, run_program=self._through_a_node)
        redactor = self._redactor
        _remove(save_plan)
        _remove(events)
        try:
            return run_redacted(command, self.folder, redactor, self.write, commands.DEBUG_COMMANDS, private=True)
        finally:
            if events is not None and events.is_file():
                text = events.read_text(encoding="utf-8", errors="replace")
                events.write_text("".join(map(redactor.line, text.splitlines(keepends=True))), encoding="utf-8")

    def deploy(self, plan: Path | None = None, *, create: bool = False) -> int:
        """Make the stack as its settings say, held to `plan` if there is one; `create`: the backend may lack it."""
        stack_files.require(self.folder, self.stack)
        if create and not self.exists:
            backend.create(self.folder, self.stack)
            self.__dict__.pop("exists")
        self._require()
        self._refuse_files()
        if plan is not None and not plan.is_file():
            raise DeliveryError(
                f"the plan {plan} is not there; `make preview STACK={self.stack} PLAN={plan}` saves one"
            )
        status = self._recover() or self._run([*commands.up(self.stack, plan), *self._judging])
        if status and plan is not None:
            way_out = f"review anew what a deployment would do: make preview STACK={self.stack} PLAN={plan}"
            self.write(f"towpath: this was held to the plan {plan}; if it no longer matches, {way_out}\n")
        return status

    def drift(self) -> int:
        """Show what differs from the state; anything but 0 is drift, or a machine that could not be asked."""
        self._require()
        self._refuse_files()
        return self._run(commands.drift(self.stack, run_program=self._through_a_node))

    def destroy(self, confirmed: str = "", *, remove: bool = False) -> int:
        """Take everything back; `remove` takes the stack out of the backend too, and is content if it is not there."""
        stack_files.require(self.folder, self.stack)
        if remove and not self.exists:
            self.write(f"there is no stack {self.stack} in the backend, so nothing is left to take back\n")
            return 0
        self._require()
        name = stack_files.own_name(self.stack)
        if self._settings.protected and confirmed != name:
            raise DeliveryError(
                f"stack {name} is protected, nothing was done; to destroy it: make destroy STACK={name} CONFIRM={name}"
            )
        status = self._recover() or self._run(commands.destroy(self.stack, run_program=self._through_a_node))
        return status or (self._run(commands.remove(self.stack)) if remove else 0)

    @cached_property
    def exists(self) -> bool:
        """Whether the backend has the stack."""
        wanted = stack_files.own_name(self.stack)
        return any(each.name.rpartition("/")[2] == wanted for each in backend.stacks(self.folder))

    @cached_property
    def _settings(self) -> Settings:
        return load_settings(pulumi.texts(self._entries), reader(self.folder))

    @cached_property
    def _entries(self) -> dict[str, Any]:
        return backend.configuration(self.folder, self.stack)

    @property
    def _judging(self) -> list[str]:
        """What has the project's policies judge a change."""
        return policy_options(self.folder, self.stack)

    @property
    def _through_a_node(self) -> bool:
        """Whether destroy and refresh need the program, which opens the way to the cluster."""
        return self._settings.cluster_node is not None

    @cached_property
    def _redactor(self) -> Redactor:
        settings = self._settings
        known = secrets.of_settings(settings)
        known |= secrets.of_configuration(self._entries, stack_files.read(self.folder, self.stack))
        known |= {self._read_or_nothing(path) for path in secrets.files_of(settings)}
        if settings.cluster and settings.cluster.kubeconfig:
            known |= secrets.of_kubeconfig(settings.cluster.kubeconfig.get_secret_value())
        if settings.cluster and settings.cluster.kubeconfig_file:
            known |= secrets.of_kubeconfig(self._read_or_nothing(settings.cluster.kubeconfig_file))
        public = secrets.public_in(settings)
        return Redactor(known | secrets.of_state(backend.state(self.folder, self.stack), public))

    def _require(self) -> None:
        stack_files.require(self.folder, self.stack)
        if not self.exists:
            raise DeliveryError(
                f"stack {self.stack} has settings, but is not in {backend.backend_url(self.folder) or 'the backend'}; "
                f"make it once by `pulumi stack init {self.stack}`, or log in to the backend that has it"
            )

    def _refuse_files(self) -> None:
        if self._settings.protected and backend.backend_url(self.folder).startswith(_IN_FILES):
            raise DeliveryError(
                f"stack {self.stack} is protected, and its state would be in files of this machine ({_IN_FILES}…); "
                "log in to a backend that is shared and backed up, e.g. `pulumi login s3://bucket`"
            )

    def _recover(self) -> int:
        if not self.recovery:
            return 0
        return self._run(commands.recover(self.recovery, self.stack, run_program=self._through_a_node))

    def _run(self, command: Sequence[str]) -> int:
        return run_redacted(command, self.folder, self._redactor, self.write)

    def _read_or_nothing(self, path: str) -> str:
        """Read a file whose absence the program itself reports."""
        try:
            return reader(self.folder)(path)
        except (OSError, UnicodeDecodeError):
            return ""


def _remove(path: Path | None) -> None:
    """Remove a file of before: it would keep its mode, and be taken for this preview's where this one fails."""
    try:
        if path is not None and path.is_file():
            path.unlink()
    except OSError as error:
        raise DeliveryError(f"{path} cannot be written anew ({error.strerror}); name another file") from None
