"""One small resource for each plugin that plugins.json names, which makes the engine start that plugin."""

import json
from pathlib import Path

TOLD = json.loads((Path.cwd() / "plugins.json").read_text(encoding="utf-8"))


def register(plugin: str) -> None:
    """Import the plugin's SDK, as only a program that uses it does, and register its resource."""
    if plugin == "random":
        import pulumi_random  # noqa: PLC0415

        pulumi_random.RandomPassword("password", length=8)
    elif plugin == "tls":
        import pulumi_tls  # noqa: PLC0415

        pulumi_tls.PrivateKey("key", algorithm="ECDSA")
    elif plugin == "command":
        import pulumi_command  # noqa: PLC0415

        pulumi_command.local.Command("command", create="true")
    elif plugin == "kubernetes":
        register_config_map(TOLD["kubeconfig"])
    elif plugin == "dynamic":
        from bench.engine.program.nothing import Nothing  # noqa: PLC0415

        Nothing("nothing")


def register_config_map(kubeconfig: str) -> None:
    """Register one object of a cluster."""
    import pulumi  # noqa: PLC0415
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415

    provider = kubernetes.Provider("cluster", kubeconfig=kubeconfig, enable_config_map_mutable=True)
    kubernetes.core.v1.ConfigMap("map", data={"one": "1"}, opts=pulumi.ResourceOptions(provider=provider))


for each in TOLD["plugins"]:
    register(each)
