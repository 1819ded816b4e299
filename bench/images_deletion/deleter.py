"""Delete from the registry in this folder's access.json, without the engine: `python -m bench.images_deletion.deleter`.

What a stack's program does (read the registry, apply the policy, plan) and then what its resource does (read again,
save the manifests, delete).
"""

import asyncio
import datetime as dt
import json
from pathlib import Path

from towpath.access.registry_access import RegistryAccess
from towpath.images.deletion.step import to_inputs
from towpath.images.deletion.survey import Question, look, plan
from towpath.images.deletion.upkeep import delete_images
from towpath.images.retention.policy import Caps, Retention, RetentionPolicy

STACK = "bench"


def main() -> None:
    """Delete what is not of the wanted versions. Raises SystemExit with what was not done."""
    folder = Path.cwd()
    told = json.loads((folder / "access.json").read_text(encoding="utf-8"))
    access = RegistryAccess.from_record(told["access"])
    policies = (RetentionPolicy(repositories="**", keep_semver=told["kept"]),)
    everything = Caps(max_deletions=None)
    question = Question(STACK, access, Retention(policies=policies, caps=everything))
    made = plan(question, asyncio.run(look(question)))
    inputs = {"registry": access.registry, "stack": STACK, "save_folder": "saved", "access": access.to_record()}
    done = delete_images({**inputs, **to_inputs(made, dt.datetime.now(dt.UTC))}, 0, folder, print)
    if done["failures"]:
        raise SystemExit("\n".join(done["failures"]))


if __name__ == "__main__":
    main()
