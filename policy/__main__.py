"""The policy pack: `pulumi preview --policy-pack policy`. See docs/policies.md."""

# Whoever runs a pack puts its folder first on the path.
from policies.pack import serve  # type: ignore[import-not-found]

serve()
