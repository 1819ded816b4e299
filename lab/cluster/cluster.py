"""The lab's cluster as a whole: control plane in a container, agents on the nodes, storage; removed with the lab."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab import container, state
from lab.cluster import command_lines, node_files, programs, supervisor, volumes
from lab.cluster.agents import Agents
from lab.cluster.kubectl import Kubectl
from lab.cluster.plan import API_PORT, CONTROL_PLANE_ADDRESS, CONTROL_PLANE_NAME
from lab.cluster.programs import ClusterPrograms
from lab.cluster.site import Site
from lab.container import Container
from lab.docker_client import Docker
from lab.errors import PartError
from lab.paths import Paths
from lab.progress import Progress
from lab.topology import NODES

READY_SECONDS = 480
ETCD_PORT, ETCD_PEER_PORT = 2379, 2380


@dataclass(frozen=True)
class Cluster:
    """The cluster of one lab; every step may be repeated."""

    paths: Paths
    docker: Docker
    instance: str

    @property
    def programs(self) -> ClusterPrograms:
        """Where its programs belong."""
        return programs.located(self.paths)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig (mode 0600)."""
        return kubeconfig(self.paths)

    @property
    def kubectl(self) -> Kubectl:
        """The client of the administrator."""
        return Kubectl(self.programs.kubernetes_program("kubectl"), self.kubeconfig)

    @property
    def site(self) -> Site:
        """The control plane's place."""
        return Site(
            programs=self.programs,
            folder=self.paths.state / "cluster",
            address=CONTROL_PLANE_ADDRESS,
            api_port=API_PORT,
            etcd_port=ETCD_PORT,
            etcd_peer_port=ETCD_PEER_PORT,
            log_folder=self.paths.logs,
        )

    def ensure_control_plane(self, image: str, progress: Progress) -> bool:
        """Start the control plane without waiting for it to answer; return whether it was started.

        `image` is any image with a shell and Debian's libc. Programs are built first where the cache has none, which
        takes minutes. Raises CommandError.
        """
        programs.ensure(self.paths, progress)
        site = self.site
        site.prepare()
        state.write_private(self.kubeconfig, site.admin_kubeconfig.read_bytes())
        _offer(self.paths, self.kubectl.program)
        return container.ensure(self.docker, _container(site, image), self.instance)

    def ensure_nodes(self, nodes: list[str], progress: Progress) -> bool:
        """Make all nodes nodes of the cluster and wait until they are Ready; return whether anything was done.

        The control plane must have been started. Raises PartError with the log to read.
        """
        site, agents = self.site, Agents(self.paths, self.docker, self.programs)
        files = {node: node_files.by_unit(site, node, nodes) for node in nodes}
        with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
            installed = {node: pool.submit(agents.install, node, files[node]) for node in nodes}
            self._wait_for_api()
            begun = {node: pool.submit(agents.start, node, changed=done.result()) for node, done in installed.items()}
            started = [node for node, done in begun.items() if done.result()]
        self._wait_for_nodes(agents, nodes)
        if started:
            progress.say(f"the cluster has {', '.join(started)}")
        stored = self.kubectl.apply(volumes.objects(nodes))
        return self._offer_released_volumes(nodes) or stored or bool(started)

    def ensure_image(self, nodes: list[str], name: str, archive: Path) -> bool:
        """Give every node's containerd an image that pods are made from; return whether anything was done."""
        agents = Agents(self.paths, self.docker, self.programs)
        with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
            return any(list(pool.map(lambda node: agents.ensure_image(node, name, archive), nodes)))

    def forget(self, node: str) -> None:
        """Let the cluster forget a node that was removed: pods would be sent there, and those it had would not end.

        Raises CommandError.
        """
        if self.kubectl.answers():
            self.kubectl("delete", "node", node, "--ignore-not-found")

    def status(self, nodes: list[str]) -> dict[str, str]:
        """Tell the state of the control plane and of each node, in Kubernetes's words: Ready, NotReady, missing."""
        if not self.kubectl.answers():
            return {CONTROL_PLANE_NAME: "does not answer", **dict.fromkeys(nodes, "unknown")}
        return {CONTROL_PLANE_NAME: "Ready", **self._node_states(nodes)}

    def _node_states(self, nodes: list[str]) -> dict[str, str]:
        states = dict.fromkeys(nodes, "missing")
        for node in self.kubectl.objects("nodes"):
            conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", [])}
            states[node["metadata"]["name"]] = "Ready" if conditions.get("Ready") == "True" else "NotReady"
        return {node: states[node] for node in nodes}

    def _wait_for_api(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.kubectl.answers():
            if time.monotonic() > deadline:
                log = self.site.logs / "kube-apiserver.log"
                raise PartError(f"the API server does not answer after {READY_SECONDS} s: read {log}")
            time.sleep(0.1)

    def _wait_for_nodes(self, agents: Agents, nodes: list[str]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while late := [node for node, found in self._node_states(nodes).items() if found != "Ready"]:
            if time.monotonic() > deadline:
                logs = ", ".join(agents.write_log(node) for node in late)
                raise PartError(f"{', '.join(late)}: not Ready after {READY_SECONDS} s: read {logs}")
            time.sleep(0.2)

    def _offer_released_volumes(self, nodes: list[str]) -> bool:
        """Empty the volumes whose claims are gone and offer them again, as the machine's owner would."""
        freed = volumes.released(self.kubectl.objects("persistentvolumes"), nodes)
        for name, node in freed.items():
            folder = f"{volumes.ROOT}/{name}"
            self.docker("exec", node, "sh", "-c", f"rm -rf {folder} && mkdir -m 0755 {folder}")
            self.kubectl("patch", "persistentvolume", name, "--patch", '{"spec": {"claimRef": null}}')
        return bool(freed)


def kubeconfig(paths: Paths) -> Path:
    """Tell where the administrator's kubeconfig is while the lab has a cluster."""
    return paths.state / "kubeconfig"


def _container(site: Site, image: str) -> Container:
    """Describe the control plane's container: the machine's own folders under their own names, no special rights."""
    mounts = [
        *(f"{folder}:{folder}" for folder in (site.folder, site.logs)),
        *(f"{folder}:{folder}:ro" for folder in (site.programs.kubernetes, site.programs.etcd_tree)),
    ]
    return Container(
        name=CONTROL_PLANE_NAME,
        image=image,
        addresses={NODES: CONTROL_PLANE_ADDRESS},
        options=("--stop-signal", "SIGTERM", *(part for mount in mounts for part in ("--volume", mount))),
        command=("sh", "-c", supervisor.script(command_lines.parts(site), site.logs), "sh", supervisor.OUTLIVES),
    )


def _offer(paths: Paths, program: Path) -> None:
    link = paths.bin / program.name
    if not link.exists() or link.readlink() != program:
        link.unlink(missing_ok=True)
        link.symlink_to(program)
