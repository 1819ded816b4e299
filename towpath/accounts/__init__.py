"""Accounts of the registry: which slots of an account exist, and which of them clients are to use."""
