"""Which manifests a registry's storage links, tagged or not: no call of the API tells.

Layout of the filesystem and S3 drivers, releases 2.8 and 3.x: one `link` file a manifest, under
`repositories/<name>/_manifests/revisions/<algorithm>/<hex>/`. `find <root> -path '*/_manifests/revisions/*/link'`
prints them.
"""

import re
from collections.abc import Iterable

from towpath.oci.digest import Digest, is_digest

_LINK = re.compile(r"(?:^|/)repositories/(.+)/_manifests/revisions/([a-z0-9]+)/([0-9a-f]+)/link$")


def linked_manifests(paths: Iterable[str]) -> dict[str, tuple[Digest, ...]]:
    """Return the manifests of each repository, sorted; other paths are passed over."""
    found: dict[str, set[Digest]] = {}
    for path in paths:
        match = _LINK.search(path.strip())
        if match and is_digest(f"{match[2]}:{match[3]}"):
            found.setdefault(match[1], set()).add(Digest(f"{match[2]}:{match[3]}"))
    return {name: tuple(sorted(digests)) for name, digests in sorted(found.items())}
