"""The policy pack of a project, and what a stack has otherwise than the pack."""

from pathlib import Path

from towpath.delivery import stack_files

_PACK = "policy"
_DESCRIBED_BY = "PulumiPolicy.yaml"


def policy_options(folder: Path, stack: str) -> list[str]:
    """Return the options with which the CLI judges a stack by the project's pack; none where it has no pack."""
    if not (folder / _PACK / _DESCRIBED_BY).is_file():
        return []
    own = Path("stacks") / f"policies.{stack_files.own_name(stack)}.json"
    levels = [f"--policy-pack-config={own}"] if (folder / own).is_file() else []
    return [f"--policy-pack={_PACK}", *levels]
