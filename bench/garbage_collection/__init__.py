"""Collecting garbage of a registry container, seen from its users."""
