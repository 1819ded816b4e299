"""Fields that cannot be changed in place: a change of one replaces the object.

The table is the official plugin's (`provider/pkg/provider/diff.go`), so that both replace in the same cases. What else
a server refuses to change is its error, in the preview already.
"""

from typing import Final

from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.kinds import is_config_map, is_secret
from engine.plugins.kubernetes.paths import Path, parse_path
from engine.plugins.kubernetes.settings import Settings

_IDENTITY: Final = ("metadata.name", "metadata.namespace")
_SELECTOR: Final = ("spec.selector",)
_JOB: Final = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
_ROLE_BINDING: Final = ("roleRef",)
_STATEFUL_SET: Final = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs "
    "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume"
)
_POD_FIELDS: Final = (
    "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork "
    "hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName "
    "readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName "
    "shareProcessNamespace subdomain terminationGracePeriodSeconds volumes"
)
_CONTAINER_FIELDS: Final = (
    "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext "
    "stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir"
)


def _below(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names.split())


_POD: Final = (
    *_below("spec", _POD_FIELDS),
    *_below("spec.containers[*]", _CONTAINER_FIELDS),
    *_below("spec.initContainers[*]", _CONTAINER_FIELDS),
)
_CLAIM: Final = ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName")

_FIELDS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): _JOB,
    ("", "PersistentVolume"): _below("spec", _VOLUME_SOURCES),
    ("", "PersistentVolumeClaim"): _CLAIM,
    ("", "Pod"): _POD,
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _ROLE_BINDING,
    ("rbac.authorization.k8s.io", "RoleBinding"): _ROLE_BINDING,
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}


def immutable_paths(document: KubeObject, gvk: GroupVersionKind, settings: Settings, *, patch: bool) -> list[Path]:
    """Return the paths a change of which needs a replacement.

    A patch resource has its identity only. Contents of Secrets and ConfigMaps replace unless the provider's
    `enableSecretMutable` or `enableConfigMapMutable` is set and the object is not `immutable`.
    """
    fields = _IDENTITY if patch else _IDENTITY + _FIELDS.get((gvk.group, gvk.kind), ())
    fixed = document.get("immutable") is True
    if not patch and is_secret(gvk) and (fixed or not settings.enable_secret_mutable):
        fields += ("data", "stringData")
    if not patch and is_config_map(gvk) and (fixed or not settings.enable_config_map_mutable):
        fields += ("binaryData", "data")
    return [parse_path(field) for field in fields]
