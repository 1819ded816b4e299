"""Jobs: started and complete; or failed for good."""

from engine.plugins.kubernetes.documents import name_in, nested
from engine.plugins.kubernetes.gvk import KubeObject
from engine.plugins.kubernetes.readiness.pods import PODS_OF_SELECTOR, pod_problems
from engine.plugins.kubernetes.readiness.verdict import Related, Rule, Verdict, condition, holds, owned_by, reason_of

_TIMEOUT_SECONDS = 600


def judge_job(job: KubeObject, related: Related) -> Verdict:
    """Judge by the conditions: a complete Job is ready, one that failed does not recover."""
    if holds(job, "Complete"):
        return Verdict(ready=True)
    pods = tuple(text for pod in related.get("pods", []) if owned_by(pod, job) for text in pod_problems(pod))
    if holds(job, "Failed"):
        reason = reason_of(condition(job, "Failed")) or "the Job failed"
        return Verdict(ready=False, status=reason, problems=(reason, *pods), failed=True)
    if nested(job, "status", "startTime") is None:
        status = f"Waiting for Job {name_in(job)!r} to start"
        return Verdict(ready=False, status=status, problems=(status, *pods))
    counts = {key: nested(job, "status", key) or 0 for key in ("active", "succeeded", "failed")}
    progress = f"(Active: {counts['active']} | Succeeded: {counts['succeeded']} | Failed: {counts['failed']})"
    status = f"Waiting for Job {name_in(job)!r} to succeed {progress}"
    return Verdict(ready=False, status=status, problems=(status, *pods))


JOB_RULE = Rule(judge_job, _TIMEOUT_SECONDS, {"pods": PODS_OF_SELECTOR})
