"""For each rule of the policy pack: inputs that break it, and such that do not, with what is found."""

from dataclasses import dataclass, field
from typing import Any

PIN = "@sha256:" + "ab" * 32
ROOMS = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
RIGHTS: dict[str, Any] = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def workload(pod: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    """Inputs of a Deployment with one sound container, but for what is given; None takes a key out."""
    sound = {"name": "registry", "image": f"registry{PIN}", "resources": ROOMS, "securityContext": RIGHTS}
    merged = {key: value for key, value in {**sound, **container}.items() if value is not None}
    return {"spec": {"template": {"spec": {"containers": [merged], **(pod or {})}}}}


def facts(**found: Any) -> dict[str, Any]:
    return {"gone": False, "facts": found}


def plan(tags: dict[str, list[str]], *untagged: str) -> dict[str, Any]:
    deletions = {name: {"turn": 1, "tags": names} for name, names in tags.items()}
    return {"deletions": deletions, "untaggings": {name: {"turn": 1} for name in untagged}}


@dataclass(frozen=True)
class Case:
    """Inputs of a resource, and a part of each finding in its order; none: the rule is kept."""

    rule: str
    inputs: dict[str, Any]
    found: tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)


def lacks(*parts: str, pod: dict[str, Any] | None = None, **context: Any) -> Case:
    """A Deployment whose container's security context differs from a sound one; None takes a key out."""
    merged = {key: value for key, value in {**RIGHTS, **context}.items() if value is not None}
    return Case("pod-security", workload(pod, securityContext=merged), parts)


def many(count: int) -> dict[str, list[str]]:
    return {f"a@sha256:{number}": ["one", "two", "three"] for number in range(count)}


_REGISTRY = {"registry": f"registry{PIN}"}
CASES = (
    Case("verified-registries", facts(unverified={"10.0.0.0/8": "x", "m:5000": "y"}), ("10.0.0.0/8", "m:5000")),
    Case("verified-registries", facts(unverified={})),
    Case("verified-registries", {"gone": False}),
    Case("host-keys", facts(host_keys={"bastion": "", "a": "SHA256:x"}), ("no key for bastion",)),
    Case("host-keys", facts(host_keys={"a": "SHA256:x"})),
    Case("host-keys", facts(), ("names no machine",)),
    Case("host-keys", {"gone": True, "facts": {}}),
    Case("batch-below-fleet", facts(rollout={"nodes": 3.0, "at_a_time": 3.0}), ("one batch",)),
    Case("batch-below-fleet", facts(rollout={"nodes": 3, "at_a_time": 4}), ("one batch",)),
    Case("batch-below-fleet", facts(rollout={"nodes": 3, "at_a_time": 2})),
    Case("batch-below-fleet", facts(rollout={"nodes": 1, "at_a_time": 1})),
    Case("batch-below-fleet", facts()),
    Case("certificate-lifetime", {"validityPeriodHours": 398 * 24}),
    Case("certificate-lifetime", {"validityPeriodHours": 398 * 24 + 1}, ("398 days (max_days)",)),
    Case("certificate-lifetime", {"validityPeriodHours": 31 * 24.0}, ("30 days (max_days)",), {"max_days": 30.0}),
    Case("certificate-lifetime", {"validityPeriodHours": 3650 * 24, "isCaCertificate": True}),
    Case("certificate-lifetime", {"validityPeriodHours": 3651 * 24, "isCaCertificate": True}, ("max_ca_days",)),
    Case("certificate-renewal", {"validityPeriodHours": 8760, "earlyRenewalHours": 14 * 24}),
    Case("certificate-renewal", {"validityPeriodHours": 8760, "earlyRenewalHours": 14 * 24 - 1}, ("min_days",)),
    Case("certificate-renewal", {"validityPeriodHours": 8760}, ("min_days",)),
    Case("certificate-renewal", {"validityPeriodHours": 72, "earlyRenewalHours": 24}),
    Case("certificate-renewal", {"validityPeriodHours": 8760, "earlyRenewalHours": 0}, (), {"min_days": 0}),
    Case("bcrypt-cost", facts(bcrypt_cost={"made": 5, "given": 10})),
    Case("bcrypt-cost", facts(bcrypt_cost={"made": 4, "given": 9}), ("made` is below 5", "given` is below 10")),
    Case("bcrypt-cost", facts(bcrypt_cost={"made": 5}), ("below 12 (min_made)",), {"min_made": 12}),
    Case("protected-images", plan({"a@sha256:1": ["nightly", "release-1"], "b@sha256:2": []}), ("a@sha256:1",)),
    Case("protected-images", plan({"a@sha256:1": ["unstable", "xrelease-1"]}, "a:latest")),
    Case("protected-images", plan({}, "host/a:stable", "a:b"), ("host/a:stable",)),
    Case("protected-images", plan({"a@sha256:1": ["v1"]}), ("a@sha256:1",), {"protected": ["v[0-9]+"]}),
    Case("protected-images", plan({"a@sha256:1": ["stable"]}), (), {"protected": []}),
    Case("deletion-caps", plan(many(66), "a:1", "a:2")),
    Case("deletion-caps", plan(many(66), "a:1", "a:2", "a:3"), ("201 tags, above 200 (max_tags)",)),
    Case("deletion-caps", plan(many(101)), ("101 manifests, above 100", "303 tags")),
    Case("deletion-caps", plan({"a@sha256:1": []}), ("1 manifests, above 0",), {"max_manifests": 0}),
    Case("images-pinned", facts(images=_REGISTRY)),
    Case("images-pinned", facts(images={"registry": "registry:3"}), ("facts.images.registry",)),
    Case("images-pinned", workload(image="registry:3"), ("spec.template.spec.containers[0].image",)),
    Case("images-pinned", workload({"initContainers": [{"image": "a"}]}), ("initContainers[0].image",)),
    Case("images-pinned", workload()),
    Case("mirrored-images-pinned", {"images": {"a:1": {"from": "quay.io/a:1"}}}, ("a:1",)),
    Case("mirrored-images-pinned", {"images": {"a:1": {"from": f"quay.io/a:1{PIN}"}}}),
    Case("mirrored-images-pinned", {"images": {"a:1": {"from": "quay.io/a:1", "pin": True}}}),
    Case("mirrored-images-pinned", {"images": {"a": {"from": "./a.tar"}, "b": {"from": "docker-daemon:b:1"}}}),
    Case("mirrored-images-pinned", {"images": {"a": {"from": "../a.tar"}, "b": {"from": "/b.tar"}}}),
    Case("pod-resources", workload()),
    Case("pod-resources", workload(resources=None), ("requests.cpu", "requests.memory", "limits.memory")),
    Case("pod-resources", workload(resources={**ROOMS, "limits": {"cpu": "1"}}), ("limits.memory",)),
    Case("pod-security", workload()),
    lacks("as root", runAsNonRoot=None),
    lacks("as root", runAsUser=0),
    lacks("as root", pod={"securityContext": {"runAsUser": 0}}),
    lacks(pod={"securityContext": {"runAsNonRoot": True, "runAsUser": 10001}}, runAsNonRoot=None),
    lacks("seccomp", seccompProfile={"type": "Unconfined"}),
    lacks(pod={"securityContext": {"seccompProfile": {"type": "Localhost"}}}, seccompProfile=None),
    lacks("capabilities", capabilities={"drop": ["NET_RAW"]}),
    lacks("is privileged", privileged=True),
    lacks("escalation", allowPrivilegeEscalation=None),
    lacks("write to its root", readOnlyRootFilesystem=False),
    Case("pod-security", workload({"hostNetwork": True, "hostPID": True}), ("hostNetwork", "hostPID")),
    Case("pod-security", workload(securityContext=None), ("root", "seccomp", "keeps", "escalation", "write")),
)
