"""Collecting garbage of a registry whose replicas share storage and cache, seen from its users."""
