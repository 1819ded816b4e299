"""Deployments: the newest ReplicaSet is up, and the controller says so."""

from engine.plugins.kubernetes.documents import name_in, nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.readiness.pods import PODS_OF_SELECTOR, pod_problems
from engine.plugins.kubernetes.readiness.verdict import (
    Query,
    Related,
    Rule,
    Verdict,
    condition,
    holds,
    label_selector,
    owned_by,
    reason_of,
)

_REVISION = "deployment.kubernetes.io/revision"
_TIMEOUT_SECONDS = 600


def judge_deployment(deployment: KubeObject, related: Related) -> Verdict:
    """Judge by the generation seen, the conditions, the newest ReplicaSet's pods and the volumes they claim.

    Of a first revision, the controller reports no progress that could be waited for.
    """
    replica_set = _newest_replica_set(deployment, related)
    wanted = nested(replica_set, "spec", "replicas")
    wanted = 1 if wanted is None else wanted
    ready = nested(replica_set, "status", "readyReplicas") or 0
    available, progressed = holds(deployment, "Available"), _has_progressed(deployment)
    unbound = _unbound_claims(deployment, related)
    settled = available and (progressed or _revision(deployment) == "1") and not unbound
    if _is_observed(deployment) and replica_set and settled and ready >= wanted:
        return Verdict(ready=True)
    problems = [reason_of(condition(deployment, kind)) for kind in ("Progressing", "Available")]
    problems = [
        text for text, fine in zip(problems, (holds(deployment, "Progressing"), available), strict=True) if not fine
    ]
    if unbound:
        problems.append(f"Failed to bind PersistentVolumeClaim(s): {', '.join(unbound)}")
    if not available:
        problems.append("Minimum number of live Pods was not attained")
    elif ready < wanted:
        problems.append("Minimum number of Pods to consider the application live was not attained")
    pods = [pod for pod in related.get("pods", []) if replica_set and owned_by(pod, replica_set)]
    problems += [text for pod in pods for text in pod_problems(pod)]
    return Verdict(
        ready=False,
        status=f"Waiting for app ReplicaSet to be available ({ready}/{wanted} Pods available)",
        problems=tuple(filter(None, problems)),
    )


def _is_observed(deployment: KubeObject) -> bool:
    seen = nested(deployment, "status", "observedGeneration")
    return seen is not None and seen == nested(deployment, "metadata", "generation")


def _revision(document: KubeObject) -> str:
    return str(nested(document, "metadata", "annotations", _REVISION) or "")


def _newest_replica_set(deployment: KubeObject, related: Related) -> KubeObject:
    revision = _revision(deployment)
    owned = [item for item in related.get("replica_sets", []) if owned_by(item, deployment)]
    return next((item for item in owned if revision and _revision(item) == revision), {})


def _has_progressed(deployment: KubeObject) -> bool:
    progressing = condition(deployment, "Progressing")
    return progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"


def _claims(deployment: KubeObject) -> set[str]:
    volumes = nested(deployment, "spec", "template", "spec", "volumes") or []
    return {
        str(volume["persistentVolumeClaim"].get("claimName")) for volume in volumes if "persistentVolumeClaim" in volume
    }


def _unbound_claims(deployment: KubeObject, related: Related) -> list[str]:
    names = _claims(deployment)
    return sorted(
        name_in(claim)
        for claim in related.get("claims", [])
        if name_in(claim) in names and nested(claim, "status", "phase") != "Bound"
    )


def _any_claim(deployment: KubeObject) -> str | None:
    return "" if _claims(deployment) else None


DEPLOYMENT_RULE = Rule(
    judge_deployment,
    _TIMEOUT_SECONDS,
    {
        "replica_sets": Query(GroupVersionKind("apps", "v1", "ReplicaSet"), label_selector),
        "pods": PODS_OF_SELECTOR,
        "claims": Query(GroupVersionKind("", "v1", "PersistentVolumeClaim"), _any_claim),
    },
)
