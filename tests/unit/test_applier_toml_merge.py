"""TOML that others own too, against Python's tomllib as the oracle."""

import tomllib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.merge_program import AWKS, edit, status
from towpath.applier.entries import TomlForbidden, TomlKey, TomlKeys

CRI = 'plugins."io.containerd.grpc.v1.cri".registry'
awks = pytest.mark.parametrize("awk", AWKS, ids=" ".join)
headers = st.sampled_from(
    [
        "plugins",
        "plugins.x",
        CRI,
        'plugins."io.containerd.grpc.v1.cri"',
        "debug",
        'proxy_plugins."a.b"',
        f"{CRI}.headers",
    ]
)
texts = st.sampled_from(
    ["1", "true", '"a # no comment"', "'lit'", "[1, 2]", '[\n  "x", # why\n  "y",\n]', '"""long\n[debug]\n"""',
     "'''\n[x]\nconfig_path = 1\n'''", "{ a = 1, b = [2] }", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "-inf",
     '"\\"q\\\\"']
)  # fmt: skip
keys = st.sampled_from(["config_path", "level", "sandbox", '"quoted key"', "a-b", "x.y", "'l'"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines: list[str] = draw(
        st.lists(st.sampled_from(["# top", "", "version = 2", "root = '/x'"]), max_size=4, unique=True)
    )
    for header in draw(st.lists(headers, max_size=5, unique=True)):
        indent = draw(st.sampled_from(["", "  ", "\t"]))
        lines.append(f"{indent}[{header}]" + draw(st.sampled_from(["", "  # note", " "])))
        lines += [
            f"{indent}  {key} = {draw(texts)}" + draw(st.sampled_from(["", " # [x]"]))
            for key in draw(st.lists(keys, max_size=3, unique=True))
        ]
        lines += draw(st.lists(st.sampled_from(["", "# between"]), max_size=2))
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "# empty\n"
    return text


def put(data: dict[str, Any], path: list[str], value: object) -> dict[str, Any]:
    at = data
    for part in path[:-1]:
        at = at.setdefault(part, {})
    at[path[-1]] = value
    return data


WISH = TomlKeys("/x", (TomlKey(CRI, "config_path", '"/etc/certs"'),))
PATH = ["plugins", "io.containerd.grpc.v1.cri", "registry", "config_path"]


@awks
@settings(max_examples=80, deadline=None)
@given(base=documents())
@example(base="")
@example(base="[a]\nb=1")
@example(base=f"[{CRI}]")
def test_a_merge_sets_our_key_and_keeps_every_line(awk: tuple[str, ...], base: str) -> None:
    merged = edit(awk, "merge", WISH, base)
    if merged.text is None:
        assert "on the way" in merged.error or "dotted keys" in merged.error or "has a table where" in merged.error
        return
    assert tomllib.loads(merged.text) == put(tomllib.loads(base), PATH, "/etc/certs")
    assert status(awk, WISH, merged.text) == {"config_path": "as wished"}
    assert edit(awk, "merge", WISH, merged.text).text == merged.text
    if status(awk, WISH, base) == {"config_path": "missing"}:
        rest = iter(merged.text.splitlines())
        assert all(line in rest for line in base.splitlines())
    back = edit(awk, "unmerge", WISH, merged.text, base).text
    assert back is not None
    assert back in {base, f"{base}\n"}


@awks
def test_a_value_is_replaced_in_place_and_comes_back(awk: tuple[str, ...]) -> None:
    base = f'version = 2\n[{CRI}]   # theirs\n  config_path = ""  # none yet\n[{CRI}.mirrors]\n'
    merged = edit(awk, "merge", WISH, base).text
    assert merged == f'version = 2\n[{CRI}]   # theirs\n  config_path = "/etc/certs"  # none yet\n[{CRI}.mirrors]\n'
    theirs = merged + '[debug]\n  level = "warn"\n'
    assert edit(awk, "unmerge", WISH, theirs, base).text == base + '[debug]\n  level = "warn"\n'


@awks
def test_a_missing_file_gets_its_first_line_and_goes_again(awk: tuple[str, ...]) -> None:
    wish = TomlKeys("/x", (TomlKey(CRI, "config_path", '"/c"', versions="2"),), first_line="version = 2")
    merged = edit(awk, "merge", wish, None).text
    assert merged == f'version = 2\n\n[{CRI}]\n  config_path = "/c"\n'
    assert edit(awk, "unmerge", wish, merged).text == ""
    assert (
        edit(awk, "merge", wish, "# a comment alone\n").text
        == f'version = 2\n# a comment alone\n\n[{CRI}]\n  config_path = "/c"\n'
    )


@awks
@pytest.mark.parametrize(
    ("version", "table"), [("", "plugins.cri.registry"), ("version = 2\n", CRI), ("version = 3\n", "plugins.images")]
)
def test_the_key_is_that_of_the_file_s_version(awk: tuple[str, ...], version: str, table: str) -> None:
    wish = TomlKeys(
        "/x",
        (
            TomlKey("plugins.cri.registry", "config_path", "'/c'", "1"),
            TomlKey(CRI, "config_path", "'/c'", "2"),
            TomlKey("plugins.images", "config_path", "'/c'", "3"),
        ),
    )
    base = version + "root = '/r'\n"
    merged = edit(awk, "merge", wish, base).text
    assert merged == base + f"\n[{table}]\n  config_path = '/c'\n"
    assert status(awk, wish, merged) == {"config_path": "as wished"}


@awks
def test_a_set_value_stays_where_that_is_wanted(awk: tuple[str, ...]) -> None:
    wish = TomlKeys("/x", (TomlKey(CRI, "config_path", "'/c'", keep_set=True),))
    base = f"[{CRI}]\nconfig_path = '/opt/certs'\n"
    assert edit(awk, "merge", wish, base).text == base
    assert status(awk, wish, base) == {"config_path": "as wished"}
    assert edit(awk, "merge", wish, f"[{CRI}]\nconfig_path = ''\n").text == f"[{CRI}]\nconfig_path = '/c'\n"


@awks
@pytest.mark.parametrize(
    "base",
    [
        f"[{CRI}.mirrors.'docker.io']\n  endpoint = ['x']\n",
        f"[{CRI}]\n  mirrors.docker.endpoint = ['x']\n",
        f"[{CRI}.configs.'a.b'.tls]\n  ca_file = 'x'\n",
    ],
)
def test_a_table_that_excludes_ours_is_named(awk: tuple[str, ...], base: str) -> None:
    wish = TomlKeys(
        "/x",
        WISH.keys,
        tuple(TomlForbidden(f"{CRI}.{each}", "has mirrors; move them") for each in ("mirrors", "configs.*.tls")),
    )
    merged = edit(awk, "merge", wish, base)
    assert merged.text is None
    assert "has mirrors; move them (line 2)" in merged.error
    assert edit(awk, "merge", wish, f"[{CRI}.mirrors]\n").text is not None


@awks
@pytest.mark.parametrize(
    "base",
    [
        f"[[{CRI}]]\n", "plugins = { x = 1 }\n", 'plugins."io.containerd.grpc.v1.cri" = { registry = {} }\n',
        'plugins."io.containerd.grpc.v1.cri".registry.other = 1\n',
    ],
)  # fmt: skip
def test_forms_that_cannot_be_edited_safely_are_refused(awk: tuple[str, ...], base: str) -> None:
    merged = edit(awk, "merge", WISH, base)
    assert merged.text is None
    assert "line 1" in merged.error


@awks
@pytest.mark.parametrize(
    "base", ["[a\n", "a = \n", 'a = "x\n', "a = [1\n", "= 1\n", "a = 1 b = 2\n", "[a] x\n", "a = '''x", "a\n"]
)
def test_broken_toml_is_refused(awk: tuple[str, ...], base: str) -> None:
    merged = edit(awk, "merge", WISH, base)
    assert merged.text is None
    assert "is not valid TOML (line" in merged.error
