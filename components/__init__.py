"""Pulumi component resources: one noun a file, thin. What other programs use is here, loaded when first asked for."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.certificates import Certificates
    from components.credentials import Credentials
    from components.environment import Environment, EnvironmentArgs

_PLACES = {
    "Certificates": "certificates",
    "Credentials": "credentials",
    "Environment": "environment",
    "EnvironmentArgs": "environment",
}

__all__ = ["Certificates", "Credentials", "Environment", "EnvironmentArgs"]


def __getattr__(name: str) -> object:
    """Load one of `__all__` (PEP 562): a program pays for what it uses."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
