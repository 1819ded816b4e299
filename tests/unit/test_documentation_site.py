"""The documentation builds without a warning, and a link that leads nowhere is one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FURTHER_PAGES = ("README.md", "CHANGELOG.md", "lab/README.md", "lab/cluster/README.md", "engine/README.md")

BROKEN = {
    "[x](no-such-page.md)": "no-such-page.md",
    "[x](nodes.md#no-such-heading)": "no-such-heading",
    "[x](#no-such-heading-here)": "no-such-heading-here",
    "![x](figures/no-such-figure.svg)": "no-such-figure.svg",
    "[x](../no/such/file.yml)": "no/such/file.yml",
}


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    command += ["--conf-dir", str(source / "docs/site"), "--doctree-dir", str(target / "doctrees")]
    return subprocess.run(
        [*command, str(source), str(target / "site")], capture_output=True, text=True, timeout=500, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("documentation")
    built = build(ROOT, target)
    assert built.returncode == 0, built.stderr
    return target / "site"


def test_the_site_is_built_without_a_warning(site: Path) -> None:
    assert (site / "docs/settings.html").is_file()
    assert 'url=docs/index.html"' in (site / "index.html").read_text()


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        for tag in ('<script src="http', 'rel="stylesheet" type="text/css" href="http', '<img src="http', "@import"):
            assert tag not in text, f"{page.name} has {tag}"


def test_links_that_lead_nowhere_fail_the_build_and_a_new_page_is_in_the_navigation(tmp_path: Path) -> None:
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / "docs", copy / "docs")
    for name in FURTHER_PAGES:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    links = "\n\n".join(BROKEN)
    (copy / "docs/a-page-of-its-own.md").write_text(f"# A page of its own\n\n{links}\n")

    built = build(copy, tmp_path)

    assert built.returncode != 0
    complaints = [line for line in built.stderr.splitlines() if "docs/a-page-of-its-own.md" in line]
    for link, complaint in BROKEN.items():
        assert any(complaint in line for line in complaints), f"{link} is not complained of: {built.stderr}"
    assert "a-page-of-its-own.html" in (tmp_path / "site/docs/index.html").read_text()
