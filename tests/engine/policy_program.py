"""A program with what policies judge: the types of a real stack, with inputs that are as they should be or not."""

from tests.engine.taking_providers import taking_providers

PROVIDERS = taking_providers(
    [("nodes", "NodeState"), ("accounts", "AccountRotation"), ("images", "ImageDeletion"), ("images", "ImageMirror")]
)

PROGRAM = """
import json

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_tls as tls
from providers import AccountRotation, ImageDeletion, ImageMirror, NodeState

config = pulumi.Config()
kind = config.require("kind")
bad = kind == "bad"
secret = config.require_secret("password")
digest = "@sha256:" + "ab" * 32
server = {"image": "registry:3" if bad else "registry" + digest}
NodeState("node-1", {
    "machine": "node-1", "gone": False, "connection": pulumi.Output.secret({"host": "a", "password": secret}),
    "facts": {
        "host_keys": {"10.0.0.1": "" if bad else "SHA256:abc"},
        "unverified": {"10.0.0.0/24": "insecure_registries"} if bad else {},
        "rollout": {"nodes": 3, "at_a_time": 3 if bad else 1},
    },
})
NodeState("registry", {
    "machine": "node-1", "gone": False, "connection": pulumi.Output.secret({"host": "a", "password": secret}),
    "facts": {"host_keys": {"10.0.0.1": "SHA256:abc"}, "unverified": {}, "images": {"registry": server["image"]}},
})
undecided = NodeState("undecided", {"machine": "a", "gone": True, "facts": {}}) if kind == "unknown" else None
AccountRotation("account", {
    "account": "ci", "wish": {"given": True}, "facts": {"bcrypt_cost": {"given": 4 if bad else 12}},
})
ImageDeletion("deletion", {
    "access": pulumi.Output.secret({"password": secret}),
    "deletions": {f"team/app{digest[:-3]}{number}": {
        "turn": number, "tags": [f"{'release' if bad else 'nightly'}-{number}"],
    } for number in range(100, 350 if bad else 110)},
    "untaggings": {"team/app:stable" if bad else "team/app:test": {"turn": 1, "digest": digest[1:], "co_tags": []}},
})
# The id of what is not made yet is unknown in a preview.
source = undecided.id.apply("quay.io/{}:1".format) if undecided else f"quay.io/app:1{'' if bad else digest}"
ImageMirror("mirror", {
    "access": pulumi.Output.secret({"password": secret}),
    "images": {"app:1": {"from": source, "digest": digest[1:]}},
})
key = tls.PrivateKey("key", algorithm="ED25519")
hours = 24 * (4000 if bad else 365)
tls.SelfSignedCert(
    "certificate", private_key_pem=key.private_key_pem, allowed_uses=["server_auth"], subject={"common_name": "a"},
    validity_period_hours=hours, early_renewal_hours=0 if bad else 24 * 30,
)
cluster = kubernetes.Provider("cluster", kubeconfig=json.dumps({
    "apiVersion": "v1", "kind": "Config", "current-context": "none",
    "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "users": [{"name": "none", "user": {"token": "none"}}],
}))
rights = {
    "runAsNonRoot": True, "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
}
rooms = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
container = {**server, "name": "registry", **({} if bad else {"securityContext": rights, "resources": rooms})}
if kind != "unknown":  # which comes up, where no cluster is
    kubernetes.apps.v1.Deployment(
        "deployment",
        spec={
            "selector": {"matchLabels": {"app": "registry"}},
            "template": {"metadata": {"labels": {"app": "registry"}}, "spec": {"containers": [container]}},
        },
        opts=pulumi.ResourceOptions(provider=cluster),
    )
"""
