"""A stack's settings: validators → annotated types → sections → `Settings`, read by `load_settings`."""

from towpath.settings.loading import load_settings
from towpath.settings.settings import Settings

__all__ = ["Settings", "load_settings"]
