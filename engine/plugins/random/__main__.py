"""Run the random plugin."""

from engine.plugins.package import Package
from engine.plugins.random.random_bytes import RandomBytes
from engine.plugins.random.random_id import RandomId
from engine.plugins.random.random_string import RandomPassword, RandomString
from engine.plugins.serve import main

main(Package("random", "4.21.1", [RandomBytes(), RandomId(), RandomPassword(), RandomString()]))
