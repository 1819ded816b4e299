"""The private registry as a node sees it, by its own openssl and its own trust."""

from towpath.doctor.finding import Finding, State, fail, ok, skipped
from towpath.doctor.tls_words import TlsFinding, Trouble

REGISTRY = "registry"
_SERVER_FAILED = 500


def registry_path_finding(registry: str, tls: TlsFinding) -> Finding:
    """Judge whether it answers. Who signed its certificate is the next check's."""
    if tls.trouble is None:
        return _answered(tls)
    ways = {
        Trouble.NAME: "mend the name first: DNS, or towpath:registry.hosts_entry",
        Trouble.NOT_TLS: f"see what listens there: ss -ltnp on the node behind {registry}",
        Trouble.CONNECT: f"let the node reach {registry}: firewall, route, and whether the container runs",
    }
    return fail(REGISTRY, tls.detail, ways.get(tls.trouble, f"run `openssl s_client -connect {registry}` on the node"))


def os_trust_finding(files: Finding, tls: TlsFinding | None) -> Finding:
    """Join what is said of the CA's files with whether they bear: the store is rebuilt from them by a command."""
    if files.state is State.FAIL or tls is None or tls.trouble is not None:
        return files
    if tls.issuer_unknown:
        way_out = "rebuild the store on the node: update-ca-certificates, or update-ca-trust extract"
        return fail(files.check, "the CA's file is there, but the store does not lead to the registry", way_out)
    return ok(files.check, "the registry's certificate is trusted")


def no_openssl(check: str) -> Finding:
    """Say what is missing to check with."""
    return skipped(check, "the node has no openssl to ask with")


def _answered(tls: TlsFinding) -> Finding:
    if tls.flaw:
        return fail(REGISTRY, f"its certificate does not hold here: {tls.flaw}", _flaw_way_out(tls.flaw))
    if (tls.status or 0) >= _SERVER_FAILED:
        return fail(REGISTRY, tls.detail, "read its container's log; a full or read-only disk is the usual cause")
    return ok(REGISTRY, tls.detail)


def _flaw_way_out(flaw: str) -> str:
    if "mismatch" in flaw:
        return "add the name to towpath:registry.certificate.sans, or use one that it has as towpath:registry.host"
    return "compare the node's clock with the certificate's dates; `pulumi up` renews a certificate in time"
