"""The page of a report in a real browser: whole, quiet, asking nobody, and as narrow as a telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.browser import Browser, browser
from tests.unit.preview_stream import diagnostic, stream, summary
from tests.unit.report_everything import everything
from towpath.report.compose import compose
from towpath.report.page import to_page
from towpath.report.picture import picture_of
from towpath.report.stream import read_stream

TITLES = "page => [...page.querySelectorAll('h2, summary')].map(each => each.firstChild.textContent.trim())"
OVERFLOW = """page => [...page.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right
  > page.documentElement.clientWidth + 0.5).map(each => each.outerHTML.slice(0, 80))
  .concat(page.documentElement.scrollWidth > page.documentElement.clientWidth ? ['the page itself'] : [])"""
LANES = "page => [...page.querySelectorAll('.lane')].map(each => Math.round(each.getBoundingClientRect().top))"
COLOURS = """page => [getComputedStyle(page.body).backgroundColor, getComputedStyle(page.body).color,
  ...[...page.querySelectorAll('.box')].map(each => getComputedStyle(each).backgroundColor)]"""


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as found:
        yield found


def _page(text: str) -> str:
    preview = read_stream(text)
    return to_page(compose(preview), picture_of(preview))


def test_all_sections_are_there_and_nobody_is_asked(shown: Browser) -> None:
    titles = shown.ask(_page(everything()), TITLES, width=1100)
    assert titles == [section.title for section in compose(read_stream(everything())).sections]
    assert set(shown.asked) <= {"/", "/page", "/favicon.ico"}
    assert not shown.console


@pytest.mark.parametrize("width", [320, 375, 760, 1100])
def test_nothing_is_wider_than_the_screen(shown: Browser, width: int) -> None:
    long = diagnostic("warning", f"no blanks: {'x' * 400} {'<' * 200}")
    assert shown.ask(_page(stream(long, summary()) + everything()), OVERFLOW, width=width) == []


def test_a_narrow_screen_has_the_lanes_below_each_other_and_a_wide_one_beside(shown: Browser) -> None:
    wide = shown.ask(_page(everything()), LANES, width=1100)
    narrow = shown.ask(_page(everything()), LANES, width=375)
    assert len(wide) == len(narrow) == 4
    assert len(set(wide)) == 1
    assert sorted(set(narrow)) == narrow


def test_dark_and_light_have_other_colours_and_each_state_its_own(shown: Browser) -> None:
    light, dark = (shown.ask(_page(everything()), COLOURS, width=1100, dark=dark) for dark in (False, True))
    assert light[:2] != dark[:2]
    assert not set(light) & set(dark)
    assert len(set(light[2:])) == len(set(dark[2:])) == 5


def test_the_browser_would_show_a_script_and_a_request(shown: Browser) -> None:
    """What the other tests do not find is what they could find."""
    page = _page(everything()).replace("</body>", '<script>oh no</script><img src="http://elsewhere.test/x"></body>')
    shown.ask(page, TITLES, width=1100)
    assert "Content Security Policy" in shown.console
    open_page = page.replace("default-src 'none'", "default-src *")
    shown.ask(open_page, TITLES, width=1100)
    assert "/x" in shown.asked
    assert shown.ask(_page(everything()).replace("<h1>", '<h1 style="width: 2000px">'), OVERFLOW, width=375)
