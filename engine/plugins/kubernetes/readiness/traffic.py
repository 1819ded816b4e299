"""Services and Ingresses: something answers behind them, and they have their address."""

from engine.plugins.kubernetes.documents import name_in, nested
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.readiness.verdict import Query, Related, Rule, Verdict

_TIMEOUT_SECONDS = 600
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match "
    "labels on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


def judge_service(service: KubeObject, related: Related) -> Verdict:
    """Judge by ready endpoints, and for a LoadBalancer by its address.

    No pods are waited for without a selector, for a headless Service and for an ExternalName.
    """
    targets = not _targets_pods(service) or any(_has_ready_endpoint(item) for item in related.get("slices", []))
    balanced = nested(service, "spec", "type") == "LoadBalancer"
    addressed = not balanced or bool(nested(service, "status", "loadBalancer", "ingress"))
    if targets and addressed:
        return Verdict(ready=True)
    status = "Attempting to allocate IP address to Service" if targets else "Finding Pods to direct traffic to"
    problems = [text for text, fine in ((_NO_PODS, targets), (_NO_ADDRESS, addressed)) if not fine]
    return Verdict(ready=False, status=status, problems=tuple(problems))


def judge_ingress(ingress: KubeObject, related: Related) -> Verdict:
    """Judge by the Services its rules name, and by the address its controller reports."""
    known = {name_in(service) for service in related.get("services", [])}
    missing = sorted(_backends(ingress) - known)
    addressed = bool(nested(ingress, "status", "loadBalancer", "ingress"))
    if addressed and not missing:
        return Verdict(ready=True)
    problems = [f"Ingress has a rule whose Service {name!r} is not there" for name in missing]
    if not addressed:
        problems.append(
            "Ingress .status.loadBalancer field was not updated with a hostname/IP address. "
            "Is an ingress controller running?"
        )
    status = "Waiting for the Ingress to get an address" if not missing else "Finding a matching Service for each rule"
    return Verdict(ready=False, status=status, problems=tuple(problems))


def _targets_pods(service: KubeObject) -> bool:
    spec = service.get("spec") or {}
    return bool(spec.get("selector")) and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName"


def _has_ready_endpoint(endpoint_slice: KubeObject) -> bool:
    endpoints = endpoint_slice.get("endpoints") or []
    return any((endpoint.get("conditions") or {}).get("ready") is not False for endpoint in endpoints)


def _slices_of(service: KubeObject) -> str | None:
    return f"kubernetes.io/service-name={name_in(service)}" if _targets_pods(service) else None


def _backends(ingress: KubeObject) -> set[str]:
    paths = [path for rule in nested(ingress, "spec", "rules") or [] for path in nested(rule, "http", "paths") or []]
    names = (nested(path, "backend", "service", "name") for path in paths)
    return {str(name) for name in names if name}


def _everything(_ingress: KubeObject) -> str | None:
    return ""


SERVICE_RULE = Rule(
    judge_service,
    _TIMEOUT_SECONDS,
    {"slices": Query(GroupVersionKind("discovery.k8s.io", "v1", "EndpointSlice"), _slices_of)},
)
INGRESS_RULE = Rule(
    judge_ingress, _TIMEOUT_SECONDS, {"services": Query(GroupVersionKind("", "v1", "Service"), _everything)}
)
