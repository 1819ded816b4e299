"""Workloads that keep pods running: StatefulSets, DaemonSets, ReplicationControllers."""

from engine.plugins.kubernetes.documents import nested
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.readiness.pods import PODS_OF_SELECTOR, pod_problems
from engine.plugins.kubernetes.readiness.verdict import Related, Rule, Verdict, owned_by

_TIMEOUT_SECONDS = 600


def judge_stateful_set(stateful_set: KubeObject, related: Related) -> Verdict:
    """All replicas are ready, and (but for the OnDelete strategy) of the revision that is wanted."""
    status = stateful_set.get("status") or {}
    wanted = nested(stateful_set, "spec", "replicas")
    wanted = 1 if wanted is None else wanted
    first = nested(stateful_set, "metadata", "generation") in (None, 1)
    on_delete = nested(stateful_set, "spec", "updateStrategy", "type") == "OnDelete" and not first
    counts = ["replicas", "readyReplicas"] if on_delete else ["replicas", "readyReplicas", "currentReplicas"]
    replicas_ready = all(status.get(count, 0) == wanted for count in counts)
    current, target = status.get("currentRevision", ""), status.get("updateRevision", "")
    revision_ready = on_delete or (current != "" and current == target)
    if _observed(stateful_set) and replicas_ready and revision_ready:
        return Verdict(ready=True)
    ready = status.get("readyReplicas", 0)
    ready = ready if revision_ready else min(ready, status.get("updatedReplicas", 0))
    problems = [] if replicas_ready else [f"{ready} out of {wanted} replicas succeeded readiness checks"]
    if not revision_ready:
        problems.append(f'StatefulSet controller failed to advance from revision "{current}" to revision "{target}"')
    step = "create Pods" if first else "roll out its update"
    return Verdict(
        ready=False,
        status=f"Waiting for StatefulSet to {step} ({ready}/{wanted} Pods ready)",
        problems=(*problems, *_pod_problems(stateful_set, related)),
    )


def judge_daemon_set(daemon_set: KubeObject, related: Related) -> Verdict:
    """Every node that shall have a pod has a ready one of the newest revision."""
    status = daemon_set.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    counts = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    lowest = min(status.get(count, 0) for count in counts)
    if _observed(daemon_set) and "desiredNumberScheduled" in status and lowest >= wanted:
        return Verdict(ready=True)
    return Verdict(
        ready=False,
        status=f"Waiting for DaemonSet to be available ({lowest}/{wanted} Pods)",
        problems=(f"{lowest} out of {wanted} Pods are available", *_pod_problems(daemon_set, related)),
    )


def _observed(workload: KubeObject) -> bool:
    generation = nested(workload, "metadata", "generation")
    return generation is None or nested(workload, "status", "observedGeneration") == generation


def _pod_problems(owner: KubeObject, related: Related) -> list[str]:
    return [text for pod in related.get("pods", []) if owned_by(pod, owner) for text in pod_problems(pod)]


STATEFUL_SET_RULE = Rule(judge_stateful_set, _TIMEOUT_SECONDS, {"pods": PODS_OF_SELECTOR})
DAEMON_SET_RULE = Rule(judge_daemon_set, _TIMEOUT_SECONDS, {"pods": PODS_OF_SELECTOR})
