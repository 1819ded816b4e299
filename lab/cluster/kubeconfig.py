"""Client settings of one user of one cluster, complete in one document (kubeconfig, apiVersion v1)."""

import base64

import yaml

CONTEXT = "towpath-lab"


def render(server: str, ca: bytes, user: str, certificate: bytes, key: bytes) -> bytes:
    """Make the document as YAML; it holds the private key, so it belongs into a file of mode 0600."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": _text(ca)}}],
        "users": [
            {"name": user, "user": {"client-certificate-data": _text(certificate), "client-key-data": _text(key)}}
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
    }
    return yaml.safe_dump(document, sort_keys=False).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
