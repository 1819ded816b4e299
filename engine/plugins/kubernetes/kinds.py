"""What is known of kinds without asking a server."""

from engine.plugins.kubernetes.gvk import GroupVersionKind

_GROUPS_WITHOUT_DOMAIN = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})
_GROUPS_OF_K8S_IO = frozenset(
    {
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "internal.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
    }
)
_CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
"""Of the built-in kinds (API reference of Kubernetes 1.36)."""


def is_built_in(gvk: GroupVersionKind) -> bool:
    """Tell whether Kubernetes itself serves the group, rather than a CustomResourceDefinition."""
    return gvk.group in _GROUPS_WITHOUT_DOMAIN or (
        gvk.group.endswith(".k8s.io") and gvk.group.removesuffix(".k8s.io") in _GROUPS_OF_K8S_IO
    )


def built_in_is_namespaced(gvk: GroupVersionKind) -> bool | None:
    """Tell whether objects of a built-in kind are in namespaces; ``None`` for other kinds."""
    return gvk.kind not in _CLUSTER_SCOPED if is_built_in(gvk) else None


def is_patch(token: str, kind: str) -> bool:
    """Tell whether the type patches objects of others: ``kubernetes:core/v1:ServiceAccountPatch``."""
    name = token.rsplit(":", 1)[-1]
    return name == f"{kind}Patch" or (kind == "" and name.endswith("Patch"))


def is_list(gvk: GroupVersionKind) -> bool:
    """Tell whether the type is a list of objects, which exists for manifests only."""
    return is_built_in(gvk) and gvk.kind.endswith("List")


def is_secret(gvk: GroupVersionKind) -> bool:
    """Tell whether it is a core Secret."""
    return gvk.group == "" and gvk.kind == "Secret"


def is_config_map(gvk: GroupVersionKind) -> bool:
    """Tell whether it is a core ConfigMap."""
    return gvk.group == "" and gvk.kind == "ConfigMap"


def is_definition(gvk: GroupVersionKind) -> bool:
    """Tell whether it is a CustomResourceDefinition."""
    return gvk.group == "apiextensions.k8s.io" and gvk.kind == "CustomResourceDefinition"
