"""Pulumi component resources: one noun a file, thin."""
