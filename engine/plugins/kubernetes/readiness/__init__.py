"""When an object is ready: pure judgements on live objects, and the table of which kind has which."""

from engine.plugins.kubernetes.annotations import SKIP_AWAIT, WAIT_FOR, annotation, is_true
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.readiness.deployments import DEPLOYMENT_RULE
from engine.plugins.kubernetes.readiness.jobs import JOB_RULE
from engine.plugins.kubernetes.readiness.pods import POD_RULE
from engine.plugins.kubernetes.readiness.storage import (
    CLAIM_RULE,
    DEFINITION_RULE,
    QUOTA_RULE,
    SECRET_RULE,
    VOLUME_RULE,
)
from engine.plugins.kubernetes.readiness.traffic import INGRESS_RULE, SERVICE_RULE
from engine.plugins.kubernetes.readiness.verdict import Related, Rule, Verdict
from engine.plugins.kubernetes.readiness.wait_for import wait_for_rule
from engine.plugins.kubernetes.readiness.workloads import DAEMON_SET_RULE, STATEFUL_SET_RULE

__all__ = ["Related", "Rule", "Verdict", "rule_of"]

_RULES = {
    ("apps", "DaemonSet"): DAEMON_SET_RULE,
    ("apps", "Deployment"): DEPLOYMENT_RULE,
    ("apps", "StatefulSet"): STATEFUL_SET_RULE,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): DEFINITION_RULE,
    ("batch", "Job"): JOB_RULE,
    ("", "PersistentVolume"): VOLUME_RULE,
    ("", "PersistentVolumeClaim"): CLAIM_RULE,
    ("", "Pod"): POD_RULE,
    ("", "ResourceQuota"): QUOTA_RULE,
    ("", "Secret"): SECRET_RULE,
    ("", "Service"): SERVICE_RULE,
    ("networking.k8s.io", "Ingress"): INGRESS_RULE,
}


def rule_of(gvk: GroupVersionKind, inputs: KubeObject) -> Rule | None:
    """Return how readiness of an object is judged; ``None`` if it is ready as soon as it is there, or nobody waits.

    Raises:
        ProviderError: the annotation `pulumi.com/waitFor` cannot be read.

    """
    if is_true(inputs, SKIP_AWAIT):
        return None
    wanted = annotation(inputs, WAIT_FOR)
    return wait_for_rule(wanted) if wanted else _RULES.get((gvk.group, gvk.kind))
