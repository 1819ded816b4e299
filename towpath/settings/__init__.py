"""A stack's settings: validators → annotated types → sections → `Settings`, read by `load_settings`.

Both are loaded when first asked for: sections outside this package use its types, and the whole uses those sections.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from towpath.settings.loading import load_settings
    from towpath.settings.settings import Settings

__all__ = ["Settings", "load_settings"]


def __getattr__(name: str) -> object:
    """Load `Settings` or `load_settings` (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from towpath.settings import loading  # noqa: PLC0415 see above

    return getattr(loading, name)
