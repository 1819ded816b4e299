"""Reports of what the real engine streams: changes, drift, policies, secrets, and previews that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.bare_pack import add_pack
from tests.engine.report_program import PACK, PROGRAM, PROVIDERS
from towpath.report.compose import compose
from towpath.report.markdown import to_markdown
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.stream import read_stream

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject

PASSWORD = "hunter2-and-more"
NODES = {"rollout.max_unavailable": "2", **{f"members.node-{number}.address": "a.test" for number in (1, 2, 3, 4)}}


@pytest.fixture
def changing(engine_project: EngineProject) -> EngineProject:
    """A stack that is up, and whose settings have changed since."""
    engine_project.file("providers.py", PROVIDERS)
    engine_project.program(PROGRAM)
    engine_project.config("to", "1")
    engine_project.config("password", PASSWORD, secret=True)
    for path, value in NODES.items():
        engine_project.pulumi("config", "set", "--stack", "test", "--path", f"towpath:nodes.{path}", stdin=value)
    engine_project.up()
    engine_project.config("to", "2")
    engine_project.environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "1"
    return engine_project


def test_a_report_of_a_real_stream_says_what_changes_and_what_drifted(changing: EngineProject) -> None:
    pack = add_pack(changing, "pack", PACK)
    changing.file("drift", "")
    stream = changing.preview("--json", "--refresh", "--policy-pack", str(pack)).stdout

    preview = read_stream(stream)
    shown = to_markdown(compose(preview))
    assert preview.result == "succeeded"
    for line in (
        "## Preview of test",
        "- `node-1`, batch 1 of 3: restarts `docker`\n",
        "- `node-4`, batch 2 of 3: may restart `containerd`, known only in the up\n",
        "- `node-3`, batch 3 of 3, which does not answer now and is tried last: restarts `docker`\n",
        "- `ci`: password 1 → 2; the one before stays good until the next rotation, from 2027-02-01 on",
        "- gains `team-c`",
        "- loses `team-a`",
        "2 of 3 images are to be copied, 1.2 GB at most.",
        "- `node-2`: `/etc/hosts`\n",
        "a batch is all there is",
        "rules 1.0.0 ran.",
    ):
        assert line in shown
    assert shown.count("/etc/hosts") == 2, "as drift, and as what is put back"
    for text in (shown, to_page(compose(preview), picture_of(preview))):
        assert PASSWORD not in text
        assert "4dabf18193072939515e22adb298388d" not in text


def test_a_preview_that_fails_or_breaks_off_is_reported_as_far_as_it_went(changing: EngineProject) -> None:
    whole = changing.preview("--json").stdout
    broken = whole[: whole.index('"op":"update"') + 2000]
    assert "**Broken off." in to_markdown(compose(read_stream(broken)))

    changing.program(PROGRAM + "raise ValueError('no such thing')\n")
    failed = changing.preview("--json", check=False)
    assert failed.exit_code
    shown = to_markdown(compose(read_stream(failed.stdout)))
    assert "**Failed." in shown
    assert "no such thing" in shown


def test_a_secret_among_the_settings_of_nodes_hides_itself_alone(changing: EngineProject) -> None:
    secret_setting = ("config", "set", "--stack", "test", "--secret", "--path", "towpath:nodes.ssh.password")
    changing.pulumi(*secret_setting, stdin=PASSWORD)
    stream = changing.preview("--json").stdout
    shown = to_markdown(compose(read_stream(stream)))
    assert "[secret]" in str(read_stream(stream).settings.group("nodes"))
    assert "- `node-1`, batch 1 of 3: restarts `docker`\n" in shown
    assert PASSWORD not in stream
