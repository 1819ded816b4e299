"""A program that registers what a stack does, under the same types, with providers that only take it down."""

from tests.engine.bare_pack import bare_pack
from tests.engine.taking_providers import taking_providers

PROVIDERS = taking_providers(
    [("nodes", "NodeState"), ("accounts", "AccountRotation"), ("images", "ImageMirror"), ("cluster", "PullSecretSet")]
)

PROGRAM = """
import hashlib

import pulumi
import pulumi_random as random
from providers import AccountRotation, ImageMirror, NodeState, PullSecretSet

to = int(pulumi.Config().require("to"))
password = pulumi.Config().require_secret("password")
digest = f"{to}" * 32
salt = random.RandomPassword("credentials-ci", length=32, keepers={"rotation": str(to)})
shown = pulumi.Output.unsecret(salt.result)
derived = shown.apply(lambda text: {"containerd": hashlib.sha256(text.encode()).hexdigest()})
for name in ("node-1", "node-2", "node-3", "node-4"):
    NodeState(
        f"{name}-state",
        {
            "machine": name,
            "document": f"probe-{name}",
            "connection": pulumi.Output.secret({"host": name, "password": password}),
            "salt": salt.result,
            "shown": {"no_proxy": ["localhost", *(["10.0.0.0/8"] if to > 1 else [])]},
            "gone": False,
            "drifted": False,
            "files": {"/etc/docker/daemon.json#proxies": digest, "/etc/hosts": "one"},
            "restarts": derived if name == "node-4" else {"docker": digest, "containerd": "same"},
            "reloads": {},
            "containers": {},
        },
    )
AccountRotation(
    "credentials-ci-rotation",
    {"account": "ci", "wish": {"keep_previous": True, "every_days": 90}, "number": to, "next_on": f"2027-0{to}-01"},
)
images = {f"library/app:{number}": {"from": f"quay.io/app:{number}", "digest": digest} for number in range(to + 1)}
ImageMirror("copies", {"registry": "node-1:6000", "images": images, "access": pulumi.Output.secret({"p": password})})
namespaces = {1: ["team-a", "team-b"], 2: ["team-b", "team-c"]}[to]
PullSecretSet(
    "pull-secrets-set",
    {
        "namespaces": {name: {"content": "0"} for name in namespaces},
        "contents": pulumi.Output.secret({"0": password}),
    },
)
if to > 1:
    pulumi.log.info("images.mirror: 2 of 3 images are to be copied, 1.2 GB at most")
    pulumi.log.warn("node-3 does not answer; it is tried last, after everything else")
pulumi.export("password", password)
"""

PACK = bare_pack("rules", "batch", '"a batch is all there is"', only="node-1-state")
