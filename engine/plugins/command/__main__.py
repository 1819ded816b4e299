"""Serves the `command` plugin: `python -m engine.plugins.command [ENGINE ADDRESS]`."""

from engine.plugins.command.provider import CommandPackage
from engine.plugins.serve import main

if __name__ == "__main__":
    main(CommandPackage())
