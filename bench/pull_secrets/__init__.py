"""A pull secret in each of many namespaces."""
