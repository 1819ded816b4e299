"""The benchmark of pull secrets: who has how many turns, what is checked, and what stands below the table."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bench.pull_secrets.__main__ import FIRST, LOOK, ONCE, PASSWORDS, ROTATION, measure_all, without_engine


@dataclass
class FakeSite:
    """Two namespaces, and what was asked of them."""

    names: list[str] = field(default_factory=lambda: ["a", "b"])
    log: list[str] = field(default_factory=list)

    def check(self, who: str, password: str, served: list[str]) -> None:
        self.log.append(f"check {who} {password} {','.join(served)}")

    def wipe(self) -> None:
        self.log.append("wipe")


@dataclass
class FakeContender:
    """Writes down what it is told to do."""

    name: str
    site: FakeSite
    served: list[str] = field(default_factory=lambda: ["a", "b"])

    def prepare(self, password: str) -> None:
        self.site.log.append(f"prepare {self.name} {password}")

    def apply(self) -> None:
        self.site.log.append(f"apply {self.name}")

    def look(self) -> None:
        self.site.log.append(f"look {self.name}")

    def undo(self) -> None:
        self.site.log.append(f"undo {self.name}")


def measured(*names: str, rounds: int) -> tuple[FakeSite, dict[str, Any]]:
    site = FakeSite()
    everybody = [FakeContender(name, site) for name in names]
    return site, measure_all(site, everybody, rounds)  # type: ignore[arg-type]


def test_who_takes_minutes_has_one_turn_and_all_others_have_every_one() -> None:
    _, times = measured("towpath", "set", "each", "kubectl", "raw", rounds=3)
    turns = {"towpath": 3, "set": 3, "each": 1, "kubectl": 1, "raw": 3}
    assert times.keys() == {FIRST.name, LOOK.name, ROTATION.name}
    for taken in times.values():
        assert {name: len(seconds) for name, seconds in taken.items()} == turns
    assert frozenset({"each", "kubectl"}) == ONCE


def test_what_a_turn_wrote_is_compared_after_each_write_and_gone_before_the_next_one() -> None:
    site, _ = measured("set", "raw", rounds=1)
    first, second = PASSWORDS
    turn = [
        *("prepare {} " + first, "apply {}", "check {} " + first + " a,b", "look {}"),
        *("prepare {} " + second, "apply {}", "check {} " + second + " a,b", "undo {}", "wipe"),
    ]
    assert site.log == [each.format(name) for name in ("set", "raw") for each in turn]


def test_times_of_a_part_are_reckoned_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_a_second(times: dict[str, list[float]], name: str, _work: object) -> None:
        times.setdefault(name, []).append(1.0)

    monkeypatch.setattr("bench.pull_secrets.__main__.timed", in_a_second)
    site = FakeSite([f"n{number}" for number in range(1000)])
    part, whole = FakeContender("kubectl", site, ["n0"]), FakeContender("raw", site, site.names)
    times = measure_all(site, [part, whole], 1)[FIRST.name]  # type: ignore[arg-type]
    assert times == {"kubectl": [1000.0], "raw": [1.0]}


def test_a_contender_whose_secrets_are_not_right_has_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    site = FakeSite()

    def check(who: str, *_: object) -> None:
        raise RuntimeError(f"{who} served 0 namespaces of 2")

    monkeypatch.setattr(site, "check", check)
    with pytest.raises(RuntimeError, match="set served 0"):
        measure_all(site, [FakeContender("set", site)], 1)  # type: ignore[arg-type]


def test_the_set_is_towpath_in_another_way_and_the_goal_is_for_the_whole_of_it() -> None:
    for comparison in (FIRST, ROTATION):
        result = comparison.result({"towpath": [4.0], "set": [1.5], "raw": [1.0]})
        assert (result["variants"], result["peers"]) == ({"set": 1.5}, {"raw": 1.0})
        table = comparison.table(result, "2 namespaces")
        assert "| 4.00 | ≤ 1.5: missed | raw (" in table
        assert "| set (Towpath's own, without the engine) | 1.50 s |" in table
        assert without_engine(result) == "Without the engine, `set` ÷ `raw` is 1.50.\n"
