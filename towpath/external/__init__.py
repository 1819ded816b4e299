"""Registries that are not ours: who logs in there, by fixed passwords or by tokens that a command gives."""
