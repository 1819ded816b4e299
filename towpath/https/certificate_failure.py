"""Whether a connection came to nothing for the server's certificate."""

import ssl


def certificate_failure(error: BaseException) -> str | None:
    """Return OpenSSL's words for it, from wherever in the chain of causes they stand; None: it was something else."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message
        seen = seen.__cause__ or seen.__context__
    return None
