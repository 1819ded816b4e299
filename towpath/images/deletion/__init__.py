"""Deleting what a plan names, so that it can be undone.

`step` is a plan as plain values, `recheck` looks at it again with what the registry holds now, `carry_out` does it,
each `repository` in `waves` of what may go at the same time, and gives the `outcome`. `saved_run` keeps the manifests
that go, `restore` puts them back. `survey` reads a registry and makes the plan.
"""
