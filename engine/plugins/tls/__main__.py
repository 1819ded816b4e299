"""Run the tls plugin."""

from engine.plugins.serve import main
from engine.plugins.tls.plugin import package

main(package())
