"""How cost grows with size. `python -m bench.growth` goes on where an earlier run stopped."""
