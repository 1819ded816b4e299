"""What a container prints, read as it goes: a kubelet keeps only the last part of a long log (10 MiB by default)."""

from towpath.cluster.client import ClusterClient


class PodLog:
    """The log of one container, asked for again and again; each time from the second of the last line on."""

    def __init__(self, client: ClusterClient, pods: str, pod: str, container: str) -> None:
        self._client, self._path, self._container = client, f"{pods}/{pod}/log", container
        self._last = ""
        self._lines: list[str] = []

    async def read(self) -> None:
        """Take down what was printed since. Raises kinds of ClusterError; a container that waits has no log yet."""
        query = {"container": self._container, "timestamps": "true"}
        if self._last:
            # The API server knows whole seconds only.
            query["sinceTime"] = self._last
        found = await self._client.text(self._path, "reading what the collector said", query)
        for line in found.splitlines():
            moment, _, text = line.partition(" ")
            # All of one node, in one form: RFC 3339 with nine digits.
            if moment > self._last:
                self._lines.append(text)
                self._last = moment

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(f"{line}\n" for line in self._lines)
