"""Whether a node's files are as the settings want them, by topic."""

from collections.abc import Mapping

from towpath.applier.summary import Summary
from towpath.doctor.finding import Finding, fail, ok

OS_TRUST = "trust of the OS"
DOCKER_TRUST = "docker certs.d"
CONTAINERD_HOSTS = "containerd hosts.toml"
FILES = "files"

_TOPICS = {"@trust@/": OS_TRUST, "/etc/docker/certs.d/": DOCKER_TRUST, "@certs.d@/": CONTAINERD_HOSTS}
_SHOWN = 4
_FIELDS = 3


def differences(wished: Summary, found: Summary, known: Summary) -> dict[str, str]:
    """Return what is otherwise than wished, in words, by path (`PATH#KEY` for a member of a file).

    `wished` is for what the machine has, `known` for any machine: what is in neither is left from other settings.
    """
    files = found["files"]
    words = {
        path: _difference(value, files.get(path)) for path, value in wished["files"].items() if files.get(path) != value
    }
    left = {path: "no longer wanted" for path in files if path not in known["files"]}
    return _without_covered(words) | left


def topic(path: str) -> str:
    """Return the check that a path belongs to."""
    return next((check for prefix, check in _TOPICS.items() if path.startswith(prefix)), FILES)


def setup_findings(wished: Summary, words: Mapping[str, str], repair: str) -> dict[str, Finding]:
    """Judge each topic that has files, by its name."""
    paths = [*wished["files"], *words]
    return {check: _finding(check, wished, words, repair) for check in dict.fromkeys(topic(path) for path in paths)}


def never_applied(repair: str) -> Finding:
    """Say that there is no set-up to check."""
    return fail(FILES, "nothing was ever applied to this node", repair)


def _finding(check: str, wished: Summary, words: Mapping[str, str], repair: str) -> Finding:
    wrong = [f"{_shown(path)}: {said}" for path, said in words.items() if topic(path) == check]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        return fail(check, "; ".join(wrong[:_SHOWN]) + more, repair)
    count = len({path.partition("#")[0] for path in wished["files"] if topic(path) == check})
    return ok(check, "1 file as wanted" if count == 1 else f"{count} files as wanted")


def _shown(path: str) -> str:
    """Write a path whose folder is found on the machine without the place that stands for it."""
    return path.replace("@certs.d@/", "certs.d/").removeprefix("@trust@/")


def _difference(wished: str, found: str | None) -> str:
    if found is None:
        return "not applied yet"
    if found == "missing" or (found == "absent" and wished != "absent"):
        return "missing"
    want, have = wished.split(" "), found.split(" ")
    if len(want) != _FIELDS or len(have) != _FIELDS:
        return "still there" if wished == "absent" else f"is {found}" if len(have) == 1 < len(want) else "differs"
    parts = [f"mode {have[0]} instead of {want[0]}"] if have[0] != want[0] else []
    parts += [f"owner {have[1]} instead of {want[1]}"] if have[1] != want[1] else []
    parts += ["content differs"] if have[2] != want[2] else []
    return ", ".join(parts)


def _without_covered(words: dict[str, str]) -> dict[str, str]:
    """Leave out the members of a file that is missing as a whole."""
    return {
        path: said for path, said in words.items() if words.get(path.partition("#")[0]) != "missing" or "#" not in path
    }
