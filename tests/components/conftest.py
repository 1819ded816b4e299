"""Mocks that record every registration, with known outputs: an assertion on an unknown one would never run."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest


@dataclass
class Recorder(pulumi.runtime.Mocks):
    """What was registered: `resources` maps names to (type, inputs, args)."""

    resources: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    registrations: dict[str, pulumi.runtime.MockResourceArgs] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs of a resource by its name, beside or instead of those that all of its type have."""
    last_outputs: dict[str, Any] = field(default_factory=dict)
    """What the stack's last `up` gave out."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources[args.name] = (args.typ, dict(args.inputs))
        self.registrations[args.name] = args
        return f"{args.name}-id", {**args.inputs, **self._computed(args), **self.answers.get(args.name, {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        assert args.token == "pulumi:pulumi:readStackOutputs", f"no component calls {args.token}"
        return {"outputs": self.last_outputs}, []

    def of_type(self, suffix: str) -> dict[str, dict[str, Any]]:
        """Inputs of the resources whose type ends so, by name."""
        return {name: inputs for name, (typ, inputs) in self.resources.items() if typ.endswith(suffix)}

    @staticmethod
    def pem(name: str) -> str:
        """The certificate that the mocks make for a resource: the form of PEM is all that is looked at."""
        return f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"

    def _computed(self, args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
        name = args.name
        certificate = {"certPem": self.pem(name), "validityEndTime": "2027-01-01T00:00:00Z"}
        computed: dict[str, dict[str, Any]] = {
            "random:index/randomPassword:RandomPassword": {"result": f"password of {name}"},
            "random:index/randomBytes:RandomBytes": {"base64": "MDEyMzQ1Njc4OWFiY2RlZg==", "hex": "00"},
            "tls:index/privateKey:PrivateKey": {"privateKeyPem": f"key {name}"},
            "tls:index/certRequest:CertRequest": {"certRequestPem": f"request {name}"},
            "tls:index/selfSignedCert:SelfSignedCert": certificate,
            "tls:index/locallySignedCert:LocallySignedCert": certificate,
            "pulumi-python:dynamic/nodes:NodeState": {"repairs": 0},
            "command:remote:Command": {"stdout": "towpath-result 1\nstatus changed\n", "stderr": ""},
        }
        return computed.get(args.typ, {})


_LOOP = asyncio.new_event_loop()


@pytest.fixture
def recorder() -> Recorder:
    """Mocks on one event loop for all: the SDK keeps to the first it sees, and other tests may have closed theirs."""
    asyncio.set_event_loop(_LOOP)
    mocks = Recorder()
    pulumi.runtime.set_mocks(mocks, project="towpath", stack="test", preview=False)
    return mocks
