"""The tls plugin under the real engine: create, no change, update, renewal, replacement, refresh, destroy."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from cryptography import x509

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import EngineProject

KEY = "tls:index/privateKey:PrivateKey"
LEAF = "tls:index/locallySignedCert:LocallySignedCert"

PROGRAM = """
import pulumi
import pulumi_tls as tls

curve, validity, early = CURVE, VALIDITY, EARLY
root = tls.PrivateKey("root", algorithm="ECDSA", ecdsa_curve=curve)
ca = tls.SelfSignedCert(
    "ca",
    private_key_pem=root.private_key_pem,
    is_ca_certificate=True,
    allowed_uses=["cert_signing", "crl_signing"],
    validity_period_hours=1000,
    subject={"common_name": "Probe CA", "organization": "Probe"},
)
key = tls.PrivateKey("key", algorithm="RSA")
request = tls.CertRequest(
    "request", private_key_pem=key.private_key_pem, dns_names=["a.test"], subject={"common_name": "a.test"}
)
leaf = tls.LocallySignedCert(
    "leaf",
    ca_cert_pem=ca.cert_pem,
    ca_private_key_pem=root.private_key_pem,
    cert_request_pem=request.cert_request_pem,
    allowed_uses=["digital_signature", "server_auth"],
    validity_period_hours=validity,
    early_renewal_hours=early,
)
pulumi.export("ca", ca.cert_pem)
pulumi.export("leaf", leaf.cert_pem)
pulumi.export("due", leaf.ready_for_renewal)
pulumi.export("key", key.private_key_pem)
"""


def program(curve: str = "P256", validity: int = 100, early: int = 1) -> str:
    return PROGRAM.replace("CURVE", repr(curve)).replace("VALIDITY", str(validity)).replace("EARLY", str(early))


def serial(pem: str) -> int:
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def planned(project: EngineProject) -> dict[str, str]:
    """What a preview would do to each resource, by name; what stays is left out."""
    steps: list[dict[str, Any]] = json.loads(project.preview("--json").stdout)["steps"]
    return {step["urn"].rsplit("::", 1)[1]: step["op"] for step in steps if step["op"] != "same"}


def test_a_chain_lives_through_all_that_can_happen_to_it(engine_project: EngineProject, tmp_path: Path) -> None:
    engine_project.program(program())
    shown = engine_project.preview()
    assert "leaf: [unknown]" in shown.output
    assert "warning" not in shown.output
    engine_project.up()
    first = engine_project.outputs(show_secrets=True)
    for name in ("ca", "leaf"):
        (tmp_path / name).write_text(first[name])
    verify = [
        "openssl",
        "verify",
        "-verify_hostname",
        "a.test",
        "-CAfile",
        str(tmp_path / "ca"),
        str(tmp_path / "leaf"),
    ]
    subprocess.run(verify, check=True, capture_output=True)
    assert "PRIVATE KEY" not in json.dumps(engine_project.export()), "a key is in plain text in the state"
    engine_project.preview("--expect-no-changes")
    engine_project.refresh("--expect-no-changes")

    engine_project.program(program(early=2))
    assert planned(engine_project) == {"leaf": "update"}
    engine_project.up()
    assert engine_project.outputs(show_secrets=True) == first, "the window moved, the certificate stayed"
    (leaf,) = engine_project.resources(LEAF)
    assert (leaf["outputs"]["earlyRenewalHours"], leaf["outputs"]["readyForRenewal"]) == (2, False)
    engine_project.preview("--expect-no-changes")

    engine_project.program(program(early=2, curve="P384"))
    replaced = {"create-replacement", "delete-replaced", "replace"}
    changes = planned(engine_project)
    assert changes.keys() == {"root", "ca", "leaf"}
    assert set(changes.values()) <= replaced
    engine_project.up()
    second = engine_project.outputs(show_secrets=True)
    assert {name for name in first if first[name] != second[name]} == {"ca", "leaf"}

    engine_project.destroy()
    assert engine_project.resources() == []


def test_a_due_certificate_is_renewed_by_a_plain_up(engine_project: EngineProject) -> None:
    engine_project.program(program(validity=5, early=5))
    engine_project.up()
    first = engine_project.outputs(show_secrets=True)
    assert first["due"] is True
    shown = engine_project.preview("--diff").output
    assert "+-tls:index/locallySignedCert:LocallySignedCert: (replace)" in shown
    assert "readyForRenewal" in shown
    assert engine_project.preview("--expect-no-changes", check=False).exit_code != 0

    engine_project.up()
    second = engine_project.outputs(show_secrets=True)
    assert serial(second["leaf"]) != serial(first["leaf"])
    assert {name for name in first if first[name] != second[name]} == {"leaf"}

    engine_project.program(program(validity=5, early=1))
    engine_project.up()
    engine_project.preview("--expect-no-changes")


def test_bad_inputs_are_named_in_the_preview(engine_project: EngineProject) -> None:
    engine_project.program(
        """
        import pulumi_tls as tls

        key = tls.PrivateKey("key", algorithm="ED25519")
        tls.SelfSignedCert(
            "cert",
            private_key_pem=key.private_key_pem,
            allowed_uses=["server"],
            validity_period_hours=1,
            ip_addresses=["10.0.0.300"],
        )
        """
    )
    refused = engine_project.preview(check=False)
    assert refused.exit_code != 0
    assert "'server': this must be one of any_extended" in refused.output
    engine_project.program(
        """
        import pulumi_tls as tls

        tls.CertRequest("request", private_key_pem="x", ip_addresses=["10.0.0.300"])
        """
    )
    refused = engine_project.preview(check=False)
    assert refused.exit_code != 0
    assert "ipAddresses[0]" in refused.output
    assert "10.0.0.300" in refused.output
