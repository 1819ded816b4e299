"""Where the parts of an environment are registered: at the top of a program, or inside a component of another one."""

from dataclasses import dataclass
from pathlib import Path

import pulumi

_CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Surroundings:
    """Gives parts their names and parent; without a component, the names are the parts' own."""

    project: Path = _CHECKOUT
    """The folder that files named in the settings are relative to."""
    component: pulumi.Resource | None = None
    """The parent of all parts."""
    name: str = ""
    """The component's name."""

    @property
    def owner(self) -> str:
        """What documents on machines, and objects in clusters, are known by: two owners never share one."""
        return f"{pulumi.get_stack()}-{self.name}" if self.name else pulumi.get_stack()

    def named(self, part: str) -> str:
        """Return the name of a part: two components of one program never share one."""
        return f"{self.name}-{part}" if self.name else part

    def options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a part that waits for `after`."""
        return pulumi.ResourceOptions(parent=self.component, depends_on=list(after))


OWN_PROGRAM = Surroundings()
"""Those of this project's own program."""
