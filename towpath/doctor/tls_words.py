"""What openssl's s_client says, sorted: was there a TLS connection, what is wrong with the certificate, what did fail.

Sources: openssl-s_client(1) "-quiet" (verification goes on after an error), openssl-verification-options(1), x509_vfy.h
for the numbers, OSSL_HTTP_proxy_connect (crypto/http/http_client.c) for how a proxy's refusal is written.
"""

import os
import re
from dataclasses import dataclass
from enum import StrEnum

from towpath.doctor.answer import TlsAnswer


class Trouble(StrEnum):
    """Why there was no TLS connection."""

    NAME = "name"
    CONNECT = "connect"
    PROXY_LOGIN = "proxy login"
    PROXY_REFUSED = "proxy refused"
    NOT_TLS = "not TLS"
    TOO_OLD = "too old"
    OTHER = "other"


UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR_*: no chain to a certificate that is trusted."""

_TIMED_OUT = frozenset({124, 143})
"""Exit codes of coreutils' and busybox's timeout."""
_VERIFY = re.compile(r"verify error:num=(\d+):(.*)")
_CONNECT = re.compile(r"connect:errno=(\d+)")
_REFUSAL = re.compile(r"HTTP CONNECT failed, reason=\s*(.*)")
_LOGIN_WANTED = "407"
_WORDS = (
    (Trouble.TOO_OLD, re.compile(r"nknown option"), "openssl is too old to go through such a proxy"),
    (Trouble.NAME, re.compile(r"BIO_lookup|getaddrinfo|gethostbyname"), "its name does not resolve"),
    (
        Trouble.NOT_TLS,
        re.compile(r"wrong version number|unknown protocol|record layer failure"),
        "what answers does not speak TLS",
    ),
)


@dataclass(frozen=True)
class TlsFinding:
    """`trouble` None: a TLS connection came about. `detail` says in words what happened."""

    trouble: Trouble | None
    detail: str
    status: int | None = None
    problems: tuple[tuple[int, str], ...] = ()
    """What is wrong with the certificate, by openssl's numbers."""

    @property
    def issuer_unknown(self) -> bool:
        """Whether the certificate's chain leads to nothing that is trusted."""
        return any(number in UNKNOWN_ISSUER for number, _ in self.problems)

    @property
    def flaw(self) -> str | None:
        """What is wrong with the certificate itself, whoever issued it: dates, names."""
        return next((text for number, text in self.problems if number not in UNKNOWN_ISSUER), None)


def tls_finding(answer: TlsAnswer) -> TlsFinding:
    """Sort one answer."""
    problems = tuple((int(number), text.strip()) for number, text in _VERIFY.findall(answer.said))
    if answer.status is not None:
        return TlsFinding(None, f"it answers {answer.status}", answer.status, problems)
    trouble, detail = _trouble(answer)
    return TlsFinding(trouble, detail, problems=problems)


def _trouble(answer: TlsAnswer) -> tuple[Trouble, str]:
    said = answer.said
    if refusal := _REFUSAL.search(said):
        reason = refusal[1].strip()
        return Trouble.PROXY_LOGIN if reason.startswith(_LOGIN_WANTED) else Trouble.PROXY_REFUSED, reason
    for trouble, pattern, words in _WORDS:
        if pattern.search(said):
            return trouble, words
    if failed := _CONNECT.search(said):
        return Trouble.CONNECT, _words(int(failed[1]))
    if answer.exit_code in _TIMED_OUT:
        return Trouble.CONNECT, "no answer in time"
    return Trouble.OTHER, "TLS came to no answer"


def _words(number: int) -> str:
    return os.strerror(number).lower() if number else "the connection was ended"
