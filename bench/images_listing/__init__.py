"""Listing a registry with the digest of every tag."""
