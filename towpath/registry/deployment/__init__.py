"""The registry in a cluster: every object of it, rendered as the API server takes it."""
