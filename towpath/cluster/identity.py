"""Who we are to an API server: headers and TLS, from a context of a kubeconfig."""

import base64
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

from towpath.cluster.errors import KubeconfigError
from towpath.cluster.exec_credential import ExecCredential, run_plugin
from towpath.cluster.kubeconfig import Context, data, file_content


class Identity:
    """A context's user. A credential plugin runs when it is made, which may take its time, and again on `renew`."""

    def __init__(self, context: Context, environment: Mapping[str, str]) -> None:
        self._context = context
        self._environment = environment
        self._answer = self._ask() if context.user.get("exec") else None
        self.tls = self._tls_context()

    @property
    def renewable(self) -> bool:
        """Whether another token can be had after a 401."""
        return self._answer is not None

    def renew(self) -> None:
        """Run the credential plugin again. Raises CredentialPluginError."""
        self._answer = self._ask()

    def headers(self) -> dict[str, str]:
        """Return the headers that say who we are."""
        user = self._context.user
        headers = {}
        if user.get("as"):
            headers["Impersonate-User"] = str(user["as"])
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        elif user.get("username"):
            pair = f"{user['username']}:{user.get('password', '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers

    def _token(self) -> str:
        user = self._context.user
        if self._answer and self._answer.token:
            return self._answer.token
        if user.get("tokenFile"):
            return file_content(str(user["tokenFile"]), "tokenFile").decode().strip()
        return str(user.get("token") or "")

    def _ask(self) -> ExecCredential:
        return run_plugin(self._context, self._environment)

    def _tls_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cadata=self._context.ca_pem)
        except ssl.SSLError:
            raise KubeconfigError("kubeconfig: certificate-authority holds no readable PEM certificate") from None
        certificate, key = self._certificate()
        if certificate and key:
            _load_certificate(context, certificate, key)
        return context

    def _certificate(self) -> tuple[bytes | None, bytes | None]:
        if self._answer and self._answer.certificate:
            return self._answer.certificate, self._answer.key
        user = self._context.user
        return data(user, "client-certificate"), data(user, "client-key")


def _load_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Hand both to the TLS library, which reads files alone: in a folder of mode 0700, gone a moment later."""
    with tempfile.TemporaryDirectory(prefix="towpath-") as folder:
        path = Path(folder) / "client.pem"
        path.touch(mode=0o600)
        path.write_bytes(certificate.rstrip() + b"\n" + key)
        try:
            context.load_cert_chain(path)
        except ssl.SSLError:
            raise KubeconfigError(
                "kubeconfig: client-certificate and client-key are no PEM certificate with its own key"
            ) from None
