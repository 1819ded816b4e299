"""Benchmarks beside the peers, each in one run on one machine. `python -m bench.<name>` writes bench/results/."""
