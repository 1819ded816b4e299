"""What can go wrong with pull secrets, beside what a cluster answers.

TowpathError
├── PullSecretsError    some namespaces were not served; each is named with the step that failed
└── ForeignObjectError  an object of that name is somebody else's
"""

from collections.abc import Mapping

from towpath.errors import TowpathError


class ForeignObjectError(TowpathError):
    """An object of that name is not ours, and stays as it is."""


class PullSecretsError(TowpathError):
    """Some namespaces were not served; `failed` says for each at which step and why."""

    def __init__(self, what: str, failed: Mapping[str, str]) -> None:
        self.failed = dict(failed)
        count = "one namespace" if len(failed) == 1 else f"{len(failed)} namespaces"
        lines = [f"  - {namespace}: {text}" for namespace, text in sorted(failed.items())]
        super().__init__("\n".join([f"{what}: {count} not done, the rest is; mend it and run `up` again:", *lines]))
