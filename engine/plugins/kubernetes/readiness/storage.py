"""Volumes, and other objects that a controller only has to acknowledge."""

from engine.plugins.kubernetes.documents import name_in, nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.readiness.verdict import Query, Related, Rule, Verdict, condition, holds, reason_of

_VOLUME_SECONDS = 300
_QUOTA_SECONDS = 60
_TOKEN_SECONDS = 5
_DEFINITION_SECONDS = 60


def judge_volume(volume: KubeObject, _related: Related) -> Verdict:
    """Judge by the phase: available, or bound already."""
    return _by_phase(volume, {"Available", "Bound"}, "PersistentVolume")


def judge_claim(claim: KubeObject, related: Related) -> Verdict:
    """Judge by the phase: bound; or waiting for its first pod, if its StorageClass binds only then."""
    name = nested(claim, "spec", "storageClassName")
    storage_class: KubeObject = next((item for item in related.get("classes", []) if name_in(item) == name), {})
    late = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return _by_phase(claim, {"Pending", "Bound"} if late else {"Bound"}, "PersistentVolumeClaim")


def judge_quota(quota: KubeObject, _related: Related) -> Verdict:
    """Judge by the limits that the controller has taken over into the status."""
    taken = nested(quota, "spec", "hard") == nested(quota, "status", "hard")
    return Verdict(ready=taken, status="Waiting for the quota to be counted", problems=("Quota is not counted yet",))


def judge_secret(secret: KubeObject, _related: Related) -> Verdict:
    """Judge by the token in a token Secret; any other is ready as it is."""
    ready = secret.get("type") != "kubernetes.io/service-account-token" or bool(secret.get("data"))
    return Verdict(ready=ready, status="Waiting for the token", problems=("No token was put into the Secret",))


def judge_definition(definition: KubeObject, _related: Related) -> Verdict:
    """Judge by whether the server serves the new kind."""
    names = condition(definition, "NamesAccepted")
    refused = names.get("status") == "False"
    problem = reason_of(names) if refused else "The CustomResourceDefinition is not established"
    return Verdict(
        ready=holds(definition, "Established"),
        status="Waiting for the kind to be served",
        problems=(problem,),
    )


def _by_phase(document: KubeObject, fine: set[str], what: str) -> Verdict:
    phase = nested(document, "status", "phase") or "unknown"
    text = f"{what} {name_in(document)!r} is not ready: status.phase is {phase}"
    return Verdict(ready=phase in fine, status=text, problems=(text,))


def _named_class(claim: KubeObject) -> str | None:
    return "" if nested(claim, "spec", "storageClassName") else None


VOLUME_RULE = Rule(judge_volume, _VOLUME_SECONDS, on_read=False)
CLAIM_RULE = Rule(
    judge_claim,
    _VOLUME_SECONDS,
    {"classes": Query(GroupVersionKind("storage.k8s.io", "v1", "StorageClass"), _named_class)},
    on_read=False,
)
QUOTA_RULE = Rule(judge_quota, _QUOTA_SECONDS, on_read=False)
SECRET_RULE = Rule(judge_secret, _TOKEN_SECONDS, on_read=False)
DEFINITION_RULE = Rule(judge_definition, _DEFINITION_SECONDS, on_read=False)
