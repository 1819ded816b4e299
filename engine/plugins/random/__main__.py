"""Run the random plugin."""

from engine.plugins.random.plugin import package
from engine.plugins.serve import main

main(package())
