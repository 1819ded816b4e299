"""Rows and sums from a snapshot: shared layers once, two tags of one digest as one image."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from towpath.images.listing import image_rows, registry_bytes, usage_rows
from towpath.images.snapshot import Blob, ManifestRecord, RepositoryRecord, Snapshot, companion_of
from towpath.oci import media_types
from towpath.oci.digest import Digest, digest_of

DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def named(name: str) -> Digest:
    return digest_of(name.encode())


def image(name: str, *layers: tuple[str, int], size: int = 100, platform: str = "linux/amd64") -> ManifestRecord:
    blobs = tuple(Blob(named(layer), bytes_) for layer, bytes_ in layers)
    return ManifestRecord(named(name), media_types.OCI_MANIFEST, size, blobs, platforms=(platform,), created=DAY)


def index(name: str, *children: ManifestRecord) -> ManifestRecord:
    digests = tuple(child.digest for child in children)
    return ManifestRecord(named(name), media_types.OCI_INDEX, 50, children=digests)


def repository(name: str, tags: dict[str, str], *records: ManifestRecord) -> RepositoryRecord:
    leads = {tag: named(to) for tag, to in tags.items()}
    return RepositoryRecord(name, leads, {record.digest: record for record in records})


def snapshot(*repositories: RepositoryRecord) -> Snapshot:
    return Snapshot("r.test", {record.name: record for record in repositories})


def test_an_index_is_as_large_as_what_it_leads_to_and_as_young_as_its_latest_image() -> None:
    amd, arm = image("amd", ("base", 1000)), image("arm", ("base", 1000), ("own", 10), platform="linux/arm64")
    (row,) = image_rows(snapshot(repository("app", {"1": "both"}, index("both", amd, arm), amd, arm)))
    assert row.size_bytes == 50 + 100 + 100 + 1000 + 10
    assert row.platforms == ("linux/amd64", "linux/arm64")
    assert row.created == DAY


def test_unique_bytes_are_those_that_no_other_image_has() -> None:
    one, two = image("one", ("base", 1000), ("a", 7)), image("two", ("base", 1000), ("b", 9))
    held = snapshot(repository("x", {"1": "one", "also": "one"}, one), repository("y", {"2": "two"}, two))
    rows = {(row.repository, row.tag): row for row in image_rows(held)}
    assert rows["x", "1"].unique_bytes == rows["x", "also"].unique_bytes == 107
    assert rows["x", "1"].shared_bytes == 1000
    assert rows["y", "2"].unique_bytes == 109
    assert [(r.repository, r.images, r.tags, r.unique_bytes) for r in usage_rows(held)] == [
        ("y", 1, 1, 109),
        ("x", 1, 2, 107),
    ]
    assert registry_bytes(held) == 1000 + 107 + 109


def test_the_same_image_in_two_repositories_is_shared_whole() -> None:
    same = image("same", ("layer", 5))
    held = snapshot(repository("x", {"1": "same"}, same), repository("y", {"1": "same"}, same))
    assert [row.unique_bytes for row in image_rows(held)] == [0, 0]
    assert registry_bytes(held) == 105


def test_a_tag_whose_manifest_was_not_read_has_no_sizes() -> None:
    (row,) = image_rows(snapshot(repository("app", {"1": "unread"})))
    assert (row.size_bytes, row.unique_bytes, row.created) == (None, None, None)


blobs = st.lists(st.tuples(st.sampled_from("abcdef"), st.just(10)), max_size=4, unique=True)


@given(st.dictionaries(st.sampled_from("xyz"), st.dictionaries(st.sampled_from("123"), blobs, max_size=3), max_size=3))
def test_unique_and_shared_make_the_size_and_unique_sums_never_pass_the_whole(
    layout: dict[str, dict[str, list[tuple[str, int]]]],
) -> None:
    held = snapshot(
        *(
            repository(
                name,
                {tag: f"{name}{tag}" for tag in images},
                *(image(f"{name}{tag}", *layers) for tag, layers in images.items()),
            )
            for name, images in layout.items()
        )
    )
    rows = image_rows(held)
    for row in rows:
        assert row.size_bytes is not None
        assert row.unique_bytes is not None
        assert row.size_bytes == row.unique_bytes + (row.shared_bytes or 0)
    assert sum(row.unique_bytes or 0 for row in rows) <= registry_bytes(held)
    assert sum(row.unique_bytes for row in usage_rows(held)) <= registry_bytes(held)
    assert max((row.size_bytes for row in usage_rows(held)), default=0) <= registry_bytes(held)


def test_companion_tags_name_their_image() -> None:
    digest = named("x")
    tag = digest.replace(":", "-")
    assert companion_of(tag) == companion_of(f"{tag}.sig") == companion_of(f"{tag}.att") == digest
    for other in ("latest", "sha256-12", f"{tag}x", f"v{tag}", f"{tag}."):
        assert companion_of(other) is None
