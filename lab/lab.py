"""The whole lab: up, down, one more node."""

import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import (
    container,
    containerd2,
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
from lab.cluster.cluster import Cluster, kubeconfig
from lab.containerd2 import Containerd2
from lab.daemon import Daemon
from lab.images import Archives, ImageBuilder
from lab.nodes import Nodes
from lab.paths import Paths
from lab.progress import Progress
from lab.topology import node_index, node_name

DEFAULT_NODES = 2
REGISTRY_IMAGE = "registry:3"
REGISTRY_ARCHIVE = "registry-3.tar"
REGISTRY_NODE = node_name(1)


@dataclass(frozen=True)
class Lab:
    """The lab of one checkout."""

    paths: Paths
    progress: Progress

    def up(self, count: int = DEFAULT_NODES, *, cluster: bool | None = None) -> None:
        """Bring everything up that is not, with at least `count` nodes. Raises LabError.

        `cluster`: whether the nodes form a Kubernetes cluster; None: as it was.
        """
        self._bring_up(count, cluster=cluster)

    def add_node(self, *, containerd2: bool = False) -> str:
        """Bring up the first node that is missing, with containerd 2 if so wished; return its name. Raises LabError."""
        return self._bring_up(DEFAULT_NODES, more=True, containerd2=containerd2)

    def remove_node(self, name: str) -> None:
        """Remove one node with all that it has; nothing happens where it is not. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.refuse_other(self.paths)
            daemon = Daemon(self.paths, docker_engine.locate(self.paths))
            if not daemon.docker.answers():
                return
            nodes = Nodes(self.paths, daemon.docker, state.ensure(self.paths))
            container.remove(daemon.docker, [each for each in nodes.existing() if each == name])
            for socket in (self.paths.node_socket(name), self.paths.node_containerd_socket(name)):
                socket.unlink(missing_ok=True)
            keys.write_known_hosts(self.paths, nodes.existing())
            if kubeconfig(self.paths).exists():
                Cluster(self.paths, daemon.docker, nodes.instance).forget(name)

    def extras(self) -> Containerd2:
        """Build what only some tests need and put crictl into a lab shell's programs. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.refuse_other(self.paths)
            state.ensure(self.paths)
            built = containerd2.ensure(self.paths, self.progress)
            self._offer(built.crictl)
        return built

    def down(self) -> None:
        """Stop and remove everything of the lab but its caches; nothing happens where nothing is. Raises LabError."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.refuse_other(self.paths)
            daemon = Daemon(self.paths, docker_engine.locate(self.paths))
            data = self.paths.cache / "docker" / "engine" / "containers"
            if daemon.docker.answers() or (data.is_dir() and any(data.iterdir())):
                self._remove_containers(daemon)
            with self.progress.step("stopping the lab's dockerd"):
                daemon.stop()
                leftovers.remove(self.paths)
            shutil.rmtree(self.paths.state, ignore_errors=True)

    def _bring_up(
        self, count: int, *, more: bool = False, containerd2: bool = False, cluster: bool | None = None
    ) -> str:
        """Bring everything up, with one node `more` if so wished; return the first name that no other node has."""
        host.check()
        with locked(self.paths.cache, self.progress):
            owner.claim(self.paths, self.progress)
            instance = state.ensure(self.paths)
            host.install_packages(self.progress)
            daemon = Daemon(self.paths, docker_engine.ensure(self.paths, self.progress))
            if daemon.ensure(self.progress):
                self._forget_others(daemon, instance)
            nodes = Nodes(self.paths, daemon.docker, instance)
            names = nodes.wanted(count)
            added = next(name for name in map(node_name, itertools.count(1)) if name not in names)
            if more:
                names = sorted([*names, added], key=node_index)
            self._parts(daemon, nodes, names, added if containerd2 else None)
            if kubeconfig(self.paths).exists() if cluster is None else cluster:
                self._cluster(daemon, nodes, names)
        return added

    def _parts(self, daemon: Daemon, nodes: Nodes, names: list[str], new_containerd2: str | None) -> None:
        """Build what is missing and start every part, each as soon as what it needs is there.

        `new_containerd2` is the name of a new node that gets containerd 2, if there is to be one.
        """
        images = ImageBuilder(self.paths, daemon.docker, self.progress)
        keys.write_known_hosts(self.paths, names)
        networks.ensure(daemon.docker)
        start = partial(self._start, daemon, nodes.instance)
        with ThreadPoolExecutor(max_workers=len(names) + 3) as pool:
            built = pool.submit(programs.ensure, self.paths, self.progress)
            node_image = images.ensure_node()
            kinds = dict.fromkeys(names, node_image)
            if new_containerd2 is not None:
                kinds[new_containerd2] = images.ensure_node_containerd2(
                    node_image, containerd2.ensure(self.paths, self.progress)
                )
            started = [pool.submit(self._start_node, nodes, name, image) for name, image in kinds.items()]
            squid_image = images.ensure_squid()
            proxy.prepare_logs(self.paths)
            started.append(pool.submit(start, proxy.service(self.paths, squid_image)))
            archives = self._archives(images, built.result(), node_image)
            seed = upstream.ensure_seed(self.paths, built.result(), archives, self.progress)
            storage = upstream.ensure_storage(self.paths, seed)
            registry_image = images.ensure_registry(built.result(), node_image)
            started.append(pool.submit(start, upstream.service(self.paths, registry_image, storage)))
            for part in started:
                part.result()
        self._offer(built.result().crane, daemon.engine.client)
        if nodes.load(REGISTRY_NODE, REGISTRY_IMAGE, archives.registry):
            self.progress.say(f"{REGISTRY_NODE} has {REGISTRY_IMAGE}")

    def _cluster(self, daemon: Daemon, nodes: Nodes, names: list[str]) -> None:
        """Start the control plane, in a container of the nodes' image, and an agent on every node."""
        image = ImageBuilder(self.paths, daemon.docker, self.progress).ensure_node()
        cluster = Cluster(self.paths, daemon.docker, nodes.instance)
        cluster.ensure_control_plane(image, self.progress)
        cluster.ensure_nodes(names, self.progress)
        archive = self.paths.images / REGISTRY_ARCHIVE
        if cluster.ensure_image(names, f"docker.io/library/{REGISTRY_IMAGE}", archive):
            self.progress.say(f"pods can be made from {REGISTRY_IMAGE}")

    def _archives(self, images: ImageBuilder, made: programs.Programs, node_image: str) -> Archives:
        return images.ensure_archives(made, images.ensure_registry(made, node_image))

    def _offer(self, *offered: Path) -> None:
        """Put programs into the folder that a lab shell has first on its PATH."""
        for program in offered:
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
