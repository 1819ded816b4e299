"""A pod of the registry: not root, read-only but for the images, with no way to more rights."""

from typing import Any

from towpath.registry.config import CERTIFICATE_PATH, CONFIG_PATH, HTPASSWD_PATH, KEY_PATH, POD_PORT, STORAGE_PATH
from towpath.registry.deployment.naming import selector
from towpath.registry.deployment.secrets import CONFIG, HTPASSWD, TLS, secret_name
from towpath.registry.deployment.storage import claim_name
from towpath.settings.deployment import Deployment, Toleration
from towpath.settings.registry import Registry

PORT_NAME = "https"
_GROUP_READS, _ALL_READ = 0o440, 0o444
_SPARE_SECONDS = 5
_S3_TRUST = "/etc/ssl/s3"
"""A folder of its own: Go reads every file of each folder of SSL_CERT_DIR."""


def pod_spec(registry: Registry, deployment: Deployment) -> dict[str, Any]:
    """Render the pods' `spec`."""
    user, group = (int(part) for part in registry.user.split(":"))
    drain = deployment.drain
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        # A Service of this name would put REGISTRY_… into the environment, which the server takes for settings.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": drain.wait_seconds + drain.timeout_seconds + _SPARE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": group,
            "seccompProfile": {"type": "RuntimeDefault"},
            **_owning_group(deployment, group),
        },
        "containers": [_container(registry, deployment)],
        "volumes": _volumes(deployment),
    }
    return spec | _placement(deployment)


def _owning_group(deployment: Deployment, group: int) -> dict[str, Any]:
    """Let kubelet give the volumes to the group, but not a node's folder: that has its owner and mode from us."""
    if deployment.storage.volume:
        return {}
    return {"fsGroup": group, "fsGroupChangePolicy": "OnRootMismatch"}


def _placement(deployment: Deployment) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if deployment.service_account is not None:
        # A role of a cloud comes by the account's token.
        spec |= {"serviceAccountName": deployment.service_account, "automountServiceAccountToken": True}
    if deployment.priority_class is not None:
        spec["priorityClassName"] = deployment.priority_class
    if deployment.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in deployment.image_pull_secrets]
    if deployment.node_selector:
        spec["nodeSelector"] = dict(deployment.node_selector)
    if deployment.tolerations:
        spec["tolerations"] = [_toleration(each) for each in deployment.tolerations]
    if deployment.replicas > 1:
        apart = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": selector(deployment)}}
        preferred = [{"weight": 100, "podAffinityTerm": apart}]
        spec["affinity"] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    return spec


def _toleration(toleration: Toleration) -> dict[str, Any]:
    fields = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
        "tolerationSeconds": toleration.seconds,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _container(registry: Registry, deployment: Deployment) -> dict[str, Any]:
    s3 = deployment.storage.s3
    environment = {"OTEL_TRACES_EXPORTER": "none"}
    if s3 and s3.ca_pem:
        environment["SSL_CERT_DIR"] = f"/etc/ssl/certs:{_S3_TRUST}"
    container: dict[str, Any] = {
        "name": "registry",
        "image": registry.image,
        "imagePullPolicy": deployment.image_pull_policy,
        "args": ["serve", CONFIG_PATH],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "ports": [{"name": PORT_NAME, "containerPort": POD_PORT}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": _mounts(deployment),
        **_probes(deployment),
    }
    if resources := _resources(deployment):
        container["resources"] = resources
    if deployment.drain.wait_seconds:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": deployment.drain.wait_seconds}}}
    return container


def _probes(deployment: Deployment) -> dict[str, Any]:
    """Ask for `/`, which needs no login, and answers 503 while the storage's own health check fails.

    A storage that fails takes a pod out of the Service within seconds, and restarts it only after minutes: a restart
    seldom mends a storage, and ends uploads that could go on.
    """
    ask = {"httpGet": {"path": "/", "port": PORT_NAME, "scheme": "HTTPS"}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**ask, "periodSeconds": 1, "failureThreshold": deployment.ready_seconds},
        "readinessProbe": {**ask, "periodSeconds": 5, "failureThreshold": 2},
        "livenessProbe": {**ask, "periodSeconds": 15, "failureThreshold": 20},
    }


def _resources(deployment: Deployment) -> dict[str, dict[str, str]]:
    written = deployment.resources
    found = {
        "requests": {"cpu": written.cpu_request, "memory": written.memory_request},
        "limits": {"cpu": written.cpu_limit, "memory": written.memory_limit},
    }
    kept = {kind: {name: amount for name, amount in amounts.items() if amount} for kind, amounts in found.items()}
    return {kind: amounts for kind, amounts in kept.items() if amounts}


def _mounts(deployment: Deployment) -> list[dict[str, Any]]:
    folders = {"config": CONFIG_PATH, "htpasswd": HTPASSWD_PATH, "tls": CERTIFICATE_PATH}
    mounts: list[dict[str, Any]] = [
        {"name": name, "mountPath": path.rpartition("/")[0], "readOnly": True} for name, path in folders.items()
    ]
    if deployment.storage.s3 is None:
        mounts.append({"name": "images", "mountPath": STORAGE_PATH})
    elif deployment.storage.s3.ca_pem:
        mounts.append({"name": "s3-trust", "mountPath": _S3_TRUST, "readOnly": True})
    return mounts


def _volumes(deployment: Deployment) -> list[dict[str, Any]]:
    tls = {"tls.crt": CERTIFICATE_PATH, "tls.key": KEY_PATH}
    files = {key: path.rpartition("/")[2] for key, path in tls.items()}
    if deployment.redis and deployment.redis.tls_ca_pem:
        files["redis-ca.pem"] = "redis-ca.pem"
    # Without a group of the volumes, Secrets are root's; there is nobody else in the pod to read them.
    mode = _ALL_READ if deployment.storage.volume else _GROUP_READS
    volumes = [
        _of_secret("config", secret_name(deployment, CONFIG), mode),
        _of_secret("htpasswd", secret_name(deployment, HTPASSWD), mode),
        _of_secret("tls", secret_name(deployment, TLS), mode, files),
    ]
    claim = claim_name(deployment)
    if claim is not None:
        volumes.append({"name": "images", "persistentVolumeClaim": {"claimName": claim}})
    elif deployment.storage.s3 and deployment.storage.s3.ca_pem:
        volumes.append(_of_secret("s3-trust", secret_name(deployment, TLS), mode, {"s3-ca.pem": "s3-ca.pem"}))
    return volumes


def _of_secret(name: str, secret: str, mode: int, files: dict[str, str] | None = None) -> dict[str, Any]:
    source: dict[str, Any] = {"secretName": secret, "defaultMode": mode}
    if files:
        source["items"] = [{"key": key, "path": path} for key, path in files.items()]
    return {"name": name, "secret": source}
