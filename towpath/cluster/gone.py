"""A cluster that is gone for good: its objects went with it, and what is left to do is to forget them."""

import os
from collections.abc import Mapping

from towpath.cluster.client import ClusterClient
from towpath.cluster.errors import ClusterError, TimedOutError, UnreachableError, UntrustedCertificateError

VARIABLE = "PULUMI_K8S_DELETE_UNREACHABLE"
"""What Pulumi's own kubernetes provider goes by: `true` lets it delete from the state what it cannot reach."""


async def is_gone(client: ClusterClient, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the API server does not answer and was said to be gone.

    Raises UnreachableError or TimedOutError, with the way out, where it does not answer and nothing was said.
    """
    try:
        await client.get("/version", "asking whether it is there")
    except UntrustedCertificateError:
        raise
    except (UnreachableError, TimedOutError) as error:
        if environment.get(VARIABLE, "").lower() in ("1", "t", "true"):
            return True
        finding = f"{error.finding}; if the cluster is gone for good, forget what was in it with {VARIABLE}=true"
        raise type(error)(error.server, error.step, finding) from error
    except ClusterError:
        return False
    return False
