"""A log that is longer than what a kubelet keeps, read in parts."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from towpath.images.collection.pod_log import PodLog

KEPT_LINES = 5


class Kubelet:
    """Prints some lines before each question, several a second, and forgets all but the last."""

    def __init__(self) -> None:
        self.printed: list[str] = []

    async def text(self, _path: str, _step: str, query: Mapping[str, str]) -> str:
        second = query.get("sinceTime", "")[:19]
        return "".join(line for line in self.printed[-KEPT_LINES:] if line[:19] >= second)

    def print(self, count: int) -> None:
        for number in range(len(self.printed), len(self.printed) + count):
            self.printed.append(f"2026-01-01T00:00:{number // 3:02}.{number % 3:09}Z line {number}\n")


@given(st.lists(st.integers(0, KEPT_LINES), max_size=20))
async def test_no_line_is_lost_or_read_twice(parts: list[int]) -> None:
    kubelet = Kubelet()
    log = PodLog(kubelet, "/pods", "collector", "registry")  # type: ignore[arg-type]
    for count in parts:
        kubelet.print(count)
        await log.read()
    assert log.text == "".join(line.partition(" ")[2] for line in kubelet.printed)
