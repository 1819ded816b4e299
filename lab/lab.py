"""The whole lab: up, down, one more node."""

import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from lab import (
    container,
    docker_engine,
    host,
    keys,
    leftovers,
    networks,
    owner,
    programs,
    proxy,
    service,
    state,
    upstream,
)
from lab.cache import locked
from lab.daemon import Daemon
from lab.images import ImageBuilder
from lab.nodes import Nodes
from lab.paths import Paths
from lab.programs import Programs
from lab.progress import Progress
from lab.topology import node_name

DEFAULT_NODES = 2
REGISTRY_IMAGE = "registry:3"
REGISTRY_NODE = node_name(1)


@dataclass(frozen=True)
class Lab:
    """The lab of one checkout."""

    paths: Paths
    progress: Progress

    def up(self, count: int = DEFAULT_NODES) -> None:
        """Bring everything up that is not, with at least `count` nodes. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.claim(self.paths, self.progress)
            instance = state.ensure(self.paths)
            host.install_packages(self.progress)
            daemon = Daemon(self.paths, docker_engine.ensure(self.paths, self.progress))
            if daemon.ensure(self.progress):
                self._forget_others(daemon, instance)
            nodes = Nodes(self.paths, daemon.docker, instance)
            self._parts(daemon, nodes, nodes.wanted(count))

    def add_node(self) -> str:
        """Bring up one node more than there are; return its name. Raises LabError."""
        host.check()
        owner.refuse_other(self.paths)
        daemon = Daemon(self.paths, docker_engine.ensure(self.paths, self.progress))
        existing = (
            Nodes(self.paths, daemon.docker, state.ensure(self.paths)).existing() if daemon.docker.answers() else []
        )
        free = next(index for index in itertools.count(1) if node_name(index) not in existing)
        count = max(free, DEFAULT_NODES)
        self.up(count)
        return node_name(count)

    def remove_node(self, name: str) -> None:
        """Remove one node with all that it has; nothing happens where it is not. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.refuse_other(self.paths)
            daemon = Daemon(self.paths, docker_engine.ensure(self.paths, self.progress))
            if not daemon.docker.answers():
                return
            nodes = Nodes(self.paths, daemon.docker, state.ensure(self.paths))
            container.remove(daemon.docker, [each for each in nodes.existing() if each == name])
            self.paths.node_socket(name).unlink(missing_ok=True)
            keys.write_known_hosts(self.paths, nodes.existing())

    def down(self) -> None:
        """Stop and remove everything of the lab but its caches; nothing happens where nothing is. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.refuse_other(self.paths)
            daemon = Daemon(self.paths, docker_engine.ensure(self.paths, self.progress))
            data = self.paths.cache / "docker" / "engine" / "containers"
            if daemon.docker.answers() or (data.is_dir() and any(data.iterdir())):
                self._remove_containers(daemon)
            with self.progress.step("stopping the lab's dockerd"):
                daemon.stop()
                leftovers.remove(self.paths)
            shutil.rmtree(self.paths.state, ignore_errors=True)

    def _parts(self, daemon: Daemon, nodes: Nodes, names: list[str]) -> None:
        """Build what is missing and start every part, each as soon as what it needs is there."""
        images = ImageBuilder(self.paths, daemon.docker, self.progress)
        keys.write_known_hosts(self.paths, names)
        networks.ensure(daemon.docker)
        start = partial(self._start, daemon, nodes.instance)
        with ThreadPoolExecutor(max_workers=len(names) + 3) as pool:
            built = pool.submit(programs.ensure, self.paths, self.progress)
            node_image = images.ensure_node()
            started = [pool.submit(self._start_node, nodes, name, node_image) for name in names]
            squid_image = images.ensure_squid()
            proxy.prepare_logs(self.paths)
            started.append(pool.submit(start, proxy.service(self.paths, squid_image)))
            registry_image = images.ensure_registry(built.result(), node_image)
            archives = images.ensure_archives(built.result(), registry_image)
            seed = upstream.ensure_seed(self.paths, built.result(), archives, self.progress)
            storage = upstream.ensure_storage(self.paths, seed)
            started.append(pool.submit(start, upstream.service(self.paths, registry_image, storage)))
            for part in started:
                part.result()
        self._offer(daemon, built.result())
        if nodes.load(REGISTRY_NODE, REGISTRY_IMAGE, archives.registry):
            self.progress.say(f"{REGISTRY_NODE} has {REGISTRY_IMAGE}")

    def _offer(self, daemon: Daemon, made: Programs) -> None:
        """Put the programs of a lab shell into one folder."""
        for program in (made.crane, daemon.engine.client):
            link = self.paths.bin / program.name
            link.unlink(missing_ok=True)
            link.symlink_to(program)

    def _start(self, daemon: Daemon, instance: str, wanted: service.Service) -> None:
        if service.ensure(daemon.docker, wanted, instance, self.paths.logs):
            self.progress.say(f"{wanted.container.name} is up")

    def _start_node(self, nodes: Nodes, name: str, image: str) -> None:
        if nodes.ensure(name, image):
            self.progress.say(f"{name} is up")

    def _remove_containers(self, daemon: Daemon) -> None:
        with self.progress.step("removing containers, volumes and networks"):
            state.ensure(self.paths)
            daemon.ensure(self.progress)
            container.remove(daemon.docker, daemon.docker.names("ps", "--all", "--format", "{{.Names}}"))
            networks.remove(daemon.docker)

    def _forget_others(self, daemon: Daemon, instance: str) -> None:
        """Remove the containers of a lab whose state is gone: their keys and certificates are nobody's any more."""
        every = set(daemon.docker.names("ps", "--all", "--format", "{{.Names}}"))
        label = f"label={container.INSTANCE_LABEL}={instance}"
        own = set(daemon.docker.names("ps", "--all", "--filter", label, "--format", "{{.Names}}"))
        container.remove(daemon.docker, sorted(every - own))
