"""Who collects: Towpath, and upstream's own `registry garbage-collect` in the two ways in which people run it."""

import asyncio
from collections.abc import Callable, Mapping

from bench.garbage_collection.registry import BenchRegistry
from towpath.images.collection.collect import collect
from towpath.images.collection.container_site import container_site

_TIMEOUT_SECONDS = 600
STOPPED, RUNNING = "plain, stopped", "plain, running"


def towpath(registry: BenchRegistry) -> None:
    """Collect as the stack's resource does, without the engine around it."""

    async def collecting() -> None:
        async with container_site(registry.connection, registry.place, _TIMEOUT_SECONDS) as site:
            await collect(registry.access, site, "towpath-canary", lambda _: None)

    asyncio.run(collecting())


def stopped(registry: BenchRegistry) -> None:
    """Stop the server, run the collector in a container with its volumes, start the server."""
    registry.on_node(
        "image=$(docker inspect -f '{{.Image}}' $name); user=$(docker inspect -f '{{.Config.User}}' $name); "
        'docker stop $name; docker run --rm --network none --user "$user" --env OTEL_TRACES_EXPORTER=none '
        f'--volumes-from $name "$image" garbage-collect {registry.place.container_config_path}; docker start $name'
    )


def running(registry: BenchRegistry) -> None:
    """Run the collector in the container of the running server, as most instructions say."""
    registry.on_node(f"docker exec $name registry garbage-collect {registry.place.container_config_path}")


CONTENDERS: Mapping[str, Callable[[BenchRegistry], None]] = {"towpath": towpath, STOPPED: stopped, RUNNING: running}
