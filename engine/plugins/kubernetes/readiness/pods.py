"""Pods: scheduled, initialised, ready; or why not."""

from collections.abc import Iterator
from typing import Any

from engine.plugins.kubernetes.documents import name_in, namespace_in, nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.readiness.verdict import Query, Related, Rule, Verdict, condition, holds, label_selector

POD = GroupVersionKind("", "v1", "Pod")
PODS_OF_SELECTOR = Query(POD, label_selector)
_TIMEOUT_SECONDS = 600


def judge_pod(pod: KubeObject, _related: Related) -> Verdict:
    """Judge by the conditions: scheduled, initialised, and its containers ready or all succeeded."""
    name = _full_name(pod)
    succeeded = nested(pod, "status", "phase") == "Succeeded"
    for kind, verb in (("PodScheduled", "scheduled"), ("Initialized", "initialized"), ("Ready", "ready")):
        if not holds(pod, kind) and not succeeded:
            return Verdict(
                ready=False, status=f"Waiting for Pod {name!r} to be {verb}", problems=tuple(pod_problems(pod))
            )
    return Verdict(ready=True)


def pod_problems(pod: KubeObject) -> list[str]:
    """Say what keeps a pod from being ready, with the kubelet's and the scheduler's own reasons."""
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") != "True":
        message = scheduled.get("message")
        return [f"[Pod {_full_name(pod)}]: {message}"] if message else []
    reasons = [*_container_reasons(pod, "initContainerStatuses"), *_container_reasons(pod, "containerStatuses")]
    unready = condition(pod, "Ready")
    message = unready.get("message") if unready.get("status") != "True" else ""
    parts = [part for part in (message, *reasons) if part]
    return [f"[Pod {_full_name(pod)}]: {' '.join(parts)}"] if parts else []


def _container_reasons(pod: KubeObject, field: str) -> Iterator[str]:
    for status in nested(pod, "status", field) or []:
        if status.get("ready"):
            continue
        state = status.get("state") or {}
        yield from _waiting(state.get("waiting") or {})
        yield from _terminated(status.get("name", ""), state.get("terminated") or {})
        yield from _terminated_before(status.get("name", ""), (status.get("lastState") or {}).get("terminated") or {})


def _waiting(waiting: dict[str, Any]) -> Iterator[str]:
    reason = waiting.get("reason", "")
    if reason not in {"", "ContainerCreating", "PodInitializing"}:
        yield f"[{reason}] {waiting.get('message', '')}".strip()


def _terminated(name: str, terminated: dict[str, Any]) -> Iterator[str]:
    if terminated.get("reason") in {None, "", "Completed"}:
        return
    if terminated.get("message"):
        yield f"[{terminated['reason']}] {terminated['message']}"
    else:
        yield f"container {name!r} completed with exit code {terminated.get('exitCode')}"


def _terminated_before(name: str, terminated: dict[str, Any]) -> Iterator[str]:
    if terminated.get("exitCode"):
        yield (
            f"container {name!r} terminated at {terminated.get('finishedAt')} "
            f"({terminated.get('reason')}: exit code {terminated['exitCode']})"
        )


def _full_name(pod: KubeObject) -> str:
    namespace = namespace_in(pod)
    return f"{namespace}/{name_in(pod)}" if namespace not in {"", "default"} else name_in(pod)


POD_RULE = Rule(judge_pod, _TIMEOUT_SECONDS)
