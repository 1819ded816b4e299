"""The life of the registry's images."""

from pydantic import Field

from towpath.settings.mirror import MirrorImages
from towpath.settings.types import Section


class Images(Section):
    """What is copied in, what is kept, and what is swept away."""

    mirror: MirrorImages = Field((), description="images that the registry has a copy of")
