"""How the pods are reached from outside the cluster, and who may connect to them."""

from typing import Any

from towpath.registry.config import POD_PORT
from towpath.registry.deployment.naming import SKIP_AWAIT, Manifest, metadata, selector
from towpath.registry.deployment.pod import PORT_NAME
from towpath.registry.deployment.secrets import TLS, secret_name
from towpath.settings.deployment import Deployment

_TYPES = {"node-port": "NodePort", "load-balancer": "LoadBalancer", "ingress": "ClusterIP"}
_NGINX = "nginx.ingress.kubernetes.io"


def service(deployment: Deployment) -> Manifest:
    """Render the Service. Behind a node port it has the same port, so that the registry is one name with one port."""
    exposure = deployment.exposure
    port: dict[str, Any] = {
        "name": PORT_NAME,
        "protocol": "TCP",
        "port": 443 if exposure.kind == "ingress" else exposure.client_port,
        "targetPort": PORT_NAME,
    }
    if exposure.kind == "node-port":
        port["nodePort"] = exposure.client_port
    spec: dict[str, Any] = {"type": _TYPES[exposure.kind], "selector": selector(deployment), "ports": [port]}
    if exposure.load_balancer_class is not None:
        spec["loadBalancerClass"] = exposure.load_balancer_class
    annotations = {**exposure.service_annotations, **SKIP_AWAIT}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(deployment, "", annotations), "spec": spec}


def ingress(deployment: Deployment, host: str) -> Manifest | None:
    """Render the Ingress for `host`; None where there is to be none."""
    exposure = deployment.exposure
    if exposure.kind != "ingress":
        return None
    backend = {"service": {"name": deployment.name, "port": {"name": PORT_NAME}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: dict[str, Any] = {
        "rules": [{"host": host, "http": {"paths": [path]}}],
        "tls": [{"hosts": [host], "secretName": secret_name(deployment, TLS)}],
    }
    if exposure.ingress_class is not None:
        spec["ingressClassName"] = exposure.ingress_class
    annotations = {**_annotations(deployment, host), **exposure.ingress_annotations, **SKIP_AWAIT}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(deployment, "", annotations),
        "spec": spec,
    }


def network_policy(deployment: Deployment) -> Manifest | None:
    """Render who may connect; None where that is left open."""
    policy = deployment.network_policy
    if policy is None:
        return None
    rule: dict[str, Any] = {"ports": [{"protocol": "TCP", "port": POD_PORT}]}
    if policy.from_cidrs:
        rule["from"] = [{"ipBlock": {"cidr": cidr}} for cidr in policy.from_cidrs]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(deployment),
        "spec": {
            "podSelector": {"matchLabels": selector(deployment)},
            "policyTypes": ["Ingress"],
            "ingress": [rule],
        },
    }


def _annotations(deployment: Deployment, host: str) -> dict[str, str]:
    """Return what ingress-nginx needs to know (its own annotations page); other controllers do not look at it."""
    if deployment.exposure.ingress_tls == "passthrough":
        return {f"{_NGINX}/ssl-passthrough": "true", f"{_NGINX}/backend-protocol": "HTTPS"}
    return {
        f"{_NGINX}/backend-protocol": "HTTPS",
        f"{_NGINX}/proxy-ssl-secret": f"{deployment.namespace}/{secret_name(deployment, TLS)}",
        f"{_NGINX}/proxy-ssl-verify": "on",
        f"{_NGINX}/proxy-ssl-server-name": "on",
        f"{_NGINX}/proxy-ssl-name": host,
        f"{_NGINX}/proxy-body-size": "0",
        f"{_NGINX}/proxy-request-buffering": "off",
        f"{_NGINX}/proxy-buffering": "off",
    }
