"""Token scopes (the distribution project's "Token Scope Documentation"). Sorted, so that a set of scopes is one key."""

CATALOG = ("registry:catalog:*",)


def pull(repository: str) -> tuple[str, ...]:
    """Allow to read a repository."""
    return (f"repository:{repository}:pull",)


def push(repository: str) -> tuple[str, ...]:
    """Allow to read and write a repository."""
    return (f"repository:{repository}:pull,push",)


def mount(repository: str, source: str) -> tuple[str, ...]:
    """Allow to write a repository with blobs of another."""
    return tuple(sorted((f"repository:{repository}:pull,push", f"repository:{source}:pull")))


def delete(repository: str) -> tuple[str, ...]:
    """Allow to delete in a repository."""
    return (f"repository:{repository}:delete",)
