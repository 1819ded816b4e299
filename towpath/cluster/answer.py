"""What an API server answers: objects, or a `Status` that says what is wrong (API conventions, "Response kinds")."""

import datetime as dt
import json
from http import HTTPStatus
from typing import Any

from towpath.cluster.errors import (
    ClusterError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RefusedError,
    ServerFailedError,
    TerminatingError,
    UnauthorizedError,
)
from towpath.https.message import Answer, is_success
from towpath.registry_client.retry import retry_after_seconds

_SHOWN_CHARACTERS = 400
_BY_STATUS: dict[int, tuple[type[ClusterError], str]] = {
    401: (UnauthorizedError, "the credentials of the kubeconfig are not valid (any more)"),
    403: (ForbiddenError, "the user of the kubeconfig has no rights for this; bind a role, or leave it out"),
    404: (NotFoundError, "it does not exist"),
    409: (ConflictError, "somebody else was first"),
    410: (ExpiredError, "the listing is not kept any more"),
    429: (RateLimitedError, "the API server is overloaded and asks to wait"),
}


def check_status(server: str, step: str, answer: Answer) -> None:
    """Raise a kind of ClusterError for any status but 2xx."""
    if not is_success(answer.status_code):
        body = _body(answer)
        raise _error(server, step, answer, body if isinstance(body, dict) else {})


def object_of(server: str, step: str, answer: Answer) -> dict[str, Any]:
    """Return the object in an answer. Raises a kind of ClusterError for any status but 2xx."""
    check_status(server, step, answer)
    body = _body(answer)
    if not isinstance(body, dict):
        raise ProtocolError(server, step, "the answer is no JSON object; is this a Kubernetes API server?")
    return body


def _body(answer: Answer) -> object:
    try:
        return json.loads(answer.content) if answer.content else {}
    except ValueError:
        return None


def _error(server: str, step: str, answer: Answer, status: dict[str, Any]) -> ClusterError:
    code = answer.status_code
    kind, finding = _BY_STATUS.get(code, (RefusedError, "it is not accepted"))
    causes = (status.get("details") or {}).get("causes") or []
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        kind, finding = TerminatingError, "the namespace is being deleted; wait until it is gone, or leave it out"
    elif code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, finding = ServerFailedError, f"the API server failed (status {code})"
    elif code < HTTPStatus.BAD_REQUEST:
        kind, finding = ProtocolError, f"status {code}; is this a Kubernetes API server?"
    said = _printable(str(status.get("message") or ""))
    error = kind(
        server,
        step,
        f"{finding} (it says: {said})" if said else finding,
        status=code,
        reason=str(status.get("reason") or ""),
    )
    error.wait_seconds = retry_after_seconds(answer.headers.get("retry-after"), dt.datetime.now(dt.UTC))
    return error


def _printable(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"
