"""Copying images in: which are wanted, what they are now at their source, what is missing here, and the copying."""
