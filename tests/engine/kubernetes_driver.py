"""The kubernetes plugin called as an engine calls it, within the test's process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.plugins.kubernetes.package import KubernetesPackage
from engine.plugins.resource import Call, Created, Prior

if TYPE_CHECKING:
    from engine.plugins.changes import Diff
    from engine.plugins.resource import Severity
    from engine.plugins.values import Properties


@dataclass
class RecordingLog:
    """What a resource said to the engine: severity, text, whether it was a passing one."""

    said: list[tuple[str, str, bool]] = field(default_factory=list)

    def write(self, severity: Severity, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        self.said.append((severity, message, ephemeral))

    def texts(self, severity: str = "") -> list[str]:
        return [text for kind, text, _ in self.said if severity in {"", kind}]


class Driver:
    """Calls the plugin as an engine does, within the test's process."""

    def __init__(self, kubeconfig: str, **settings: Any) -> None:
        self.package = KubernetesPackage()
        self.package.configuration = {"kubeconfig": kubeconfig, **settings}
        self.log = RecordingLog()

    def call(self, token: str, name: str = "it", **details: Any) -> Call:
        urn = f"urn:pulumi:test::probe::{token}::{name}"
        return Call(urn, name, self.log, cancelled=self.package.cancelled, **details)

    def check(self, token: str, inputs: dict[str, Any], old: Properties | None = None) -> Properties:
        call = self.call(token)
        checked = self.package.resource(call.urn).check(call, old or {}, inputs)
        assert not checked.failures
        return checked.inputs

    def preview(self, token: str, inputs: dict[str, Any]) -> Created:
        call = self.call(token, preview=True)
        return self.package.resource(call.urn).create(call, self.check(token, inputs))

    def create(self, token: str, inputs: dict[str, Any], **details: Any) -> Prior:
        call = self.call(token, **details)
        checked = self.check(token, inputs)
        created = self.package.resource(call.urn).create(call, checked)
        return Prior(created.id, created.state, checked)

    def diff(self, token: str, prior: Prior, inputs: dict[str, Any], **details: Any) -> Diff:
        call = self.call(token, **details)
        return self.package.resource(call.urn).diff(call, prior, self.check(token, inputs, prior.inputs))

    def update(self, token: str, prior: Prior, inputs: dict[str, Any], **details: Any) -> Prior:
        call = self.call(token, **details)
        checked = self.check(token, inputs, prior.inputs)
        return Prior(prior.id, self.package.resource(call.urn).update(call, prior, checked), checked)

    def read(self, token: str, prior: Prior) -> Prior | None:
        call = self.call(token)
        return self.package.resource(call.urn).read(call, prior)

    def delete(self, token: str, prior: Prior, **details: Any) -> None:
        call = self.call(token, **details)
        self.package.resource(call.urn).delete(call, prior)

    def close(self) -> None:
        """Cancel what runs and close the connections, as the end of a process would."""
        self.package.close()
        api = self.package.cluster.reachable()
        if api is not None:
            api.client._http.close()
