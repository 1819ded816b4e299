"""Renderers, pure: what a node's runtimes must read so that its images come from where they should."""
