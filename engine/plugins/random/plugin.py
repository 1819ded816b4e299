"""What the random plugin serves."""

from engine.plugins.package import Package
from engine.plugins.random.random_bytes import RandomBytes
from engine.plugins.random.random_id import RandomId
from engine.plugins.random.random_string import RandomPassword, RandomString


def package() -> Package:
    """Return the package, with the version of the official plugin whose contract it keeps."""
    return Package("random", "4.21.1", [RandomBytes(), RandomId(), RandomPassword(), RandomString()])
