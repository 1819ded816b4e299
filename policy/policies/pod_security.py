"""A registry's pod has no more rights than it needs (Kubernetes pod security standard "restricted", and more)."""

from collections.abc import Iterator

from .rule import DEPLOYMENT, Limits, Properties, Rule
from .workload import POD, containers, pod

_OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC")
_PROFILES = ("RuntimeDefault", "Localhost")


def judge(properties: Properties, _limits: Limits) -> Iterator[str]:
    """Find each right that is not given up, in the pod and in each container."""
    spec = pod(properties)
    yield from (f"`{POD}.{name}` is set" for name in _OF_THE_HOST if spec.get(name))
    shared = spec.get("securityContext") or {}
    for path, container in containers(properties):
        own = container.get("securityContext") or {}
        yield from (f"`{path}.securityContext`: {lack}" for lack in _lacks(shared, own))


def _lacks(shared: Properties, own: Properties) -> Iterator[str]:
    """Yield what a container's context lacks. What it does not say itself, the pod's says."""
    user = own.get("runAsUser", shared.get("runAsUser"))
    profile = own.get("seccompProfile") or shared.get("seccompProfile") or {}
    dropped = (own.get("capabilities") or {}).get("drop") or ()
    if not own.get("runAsNonRoot", shared.get("runAsNonRoot")) or user == 0:
        yield "it may run as root"
    if profile.get("type") not in _PROFILES:
        yield "it has no seccompProfile"
    if "ALL" not in dropped:
        yield "it keeps capabilities"
    if own.get("privileged"):
        yield "it is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "it allows privilege escalation"
    if not own.get("readOnlyRootFilesystem"):
        yield "it may write to its root"


RULE = Rule(
    name="pod-security",
    reason="The registry's pods give up every right that they do not need: who breaks into one gets no further.",
    fix="leave registry.user other than root, and what changes the Deployment's securityContext out",
    types=(DEPLOYMENT,),
    reads=("spec",),
    judge=judge,
    severity="high",
)
