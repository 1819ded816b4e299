"""Deleting the tags that a policy lets go, with their manifests."""
