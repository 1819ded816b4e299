"""Nodes set up for a proxy, a CA, mirrors and a private registry: beside ansible-core and pyinfra, on the same nodes.

`python -m bench.nodes` adds nodes to a running lab, measures, and removes them again.
"""
