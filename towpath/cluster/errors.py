"""How asking a cluster can fail, as a branch of the tree.

TowpathError
├── KubeconfigError                  the kubeconfig cannot be used
│   └── CredentialPluginError        the program it names for credentials failed
└── ClusterError                     with the server, the step, the status and the reason it gave
    ├── UnauthorizedError            401
    ├── ForbiddenError               403: no rights for this
    │   └── TerminatingError         403: the namespace is being deleted
    ├── NotFoundError                404
    ├── ConflictError                409, or a JSON patch whose `test` failed: somebody else was first
    ├── ExpiredError                 410: a listing took too long to be read on
    ├── RefusedError                 any other 4xx
    ├── RateLimitedError             429, and still after the retries
    ├── ServerFailedError            5xx, and still after the retries
    ├── UnreachableError             no connection, or one that broke off, and still after the retries
    │   └── UntrustedCertificateError    the server's certificate does not hold
    ├── TimedOutError                no answer in time, and still after the retries
    └── ProtocolError                an answer that no API server gives
"""

from towpath.errors import TowpathError


class KubeconfigError(TowpathError):
    """The kubeconfig does not say how to reach the cluster, or says it in a way that is not accepted here."""


class CredentialPluginError(KubeconfigError):
    """The program that the kubeconfig names for credentials is not there, failed, or answered something else."""


class ClusterError(TowpathError):
    """The API server could not be asked, or did not do what it was asked.

    `step` says what was tried, e.g. `applying Secret regcred in namespace team-a`.
    """

    def __init__(self, server: str, step: str, finding: str, *, status: int | None = None, reason: str = "") -> None:
        self.server = server
        self.step = step
        self.finding = finding
        self.status = status
        self.reason = reason
        self.wait_seconds: float | None = None
        super().__init__(f"{server}: {step}: {finding}")


class UnauthorizedError(ClusterError):
    """401: there are no credentials, or they are not valid."""


class ForbiddenError(ClusterError):
    """403: the user may not do this."""


class TerminatingError(ForbiddenError):
    """The namespace is being deleted: nothing new is accepted in it."""


class NotFoundError(ClusterError):
    """404: there is no such object, or its namespace or kind does not exist."""


class ConflictError(ClusterError):
    """409: somebody else changed or made it first."""


class ExpiredError(ClusterError):
    """410: the rest of a listing is not kept any more."""


class RefusedError(ClusterError):
    """Any other 4xx: the object was not acceptable."""


class RateLimitedError(ClusterError):
    """429, and still after the retries; `wait_seconds` is what the server asked for, where it did."""


class ServerFailedError(ClusterError):
    """5xx, and still after the retries."""


class UnreachableError(ClusterError):
    """No connection came about, or it broke off, and still after the retries."""


class UntrustedCertificateError(UnreachableError):
    """The server's certificate is not of the kubeconfig's CA, is not in force, or names another host."""


class TimedOutError(ClusterError):
    """No answer came in time, and still after the retries."""


class ProtocolError(ClusterError):
    """Something answered that is no Kubernetes API server."""
