"""What is chosen of a repository's tags and an index's platforms, and in which order an image's parts are pushed."""

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.images.errors import MirrorError
from towpath.images.mirror.parts import read_parts
from towpath.images.mirror.platform_choice import choose_platforms
from towpath.images.mirror.tag_choice import choose_tags, missing_names
from towpath.images.mirror.wanted import Wanted
from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor, Platform
from towpath.oci.digest import Digest, digest_of
from towpath.oci.manifest import Manifest, parse_manifest
from towpath.settings.mirror import MirrorTags

TAGS = ["latest", "1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "2.0.0", "edge", f"sha256-{'0' * 64}.sig", "v3.0.0"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"names": ["latest", "absent"]}, ["latest"]),
        ({"names": ["1.*"]}, ["1.10.0", "1.2.0", "1.0.0"]),
        ({"regex": "(latest|edge)"}, ["edge", "latest"]),
        ({"regex": "late"}, []),
        ({"semver": ">=1.2.0 <3.0.0"}, ["2.0.0", "1.10.0", "1.2.0"]),
        ({"semver": ">=1.2.0 <3.0.0", "newest": 1}, ["2.0.0"]),
        ({"newest": 2}, ["v3.0.0", "2.0.0"]),
        ({"names": ["edge"], "semver": "^2.0.0-0"}, ["2.0.0", "2.0.0-rc.1", "edge"]),
        ({"names": ["*"]}, ["v3.0.0", "2.0.0", "2.0.0-rc.1", "1.10.0", "1.2.0", "1.0.0", "edge", "latest"]),
    ],
)
def test_tags_are_chosen_by_name_expression_and_version(choice: dict[str, object], expected: list[str]) -> None:
    assert choose_tags(TAGS, MirrorTags.model_validate(choice)) == expected


def test_a_tag_wanted_by_its_whole_name_is_missed_and_a_pattern_is_not() -> None:
    choice = MirrorTags(names=("latest", "absent", "9.*"))
    assert missing_names(TAGS, choice) == ["absent"]


def image(salt: object) -> Manifest:
    config = Descriptor(media_types.OCI_CONFIG, digest_of(repr(salt).encode()), 1)
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": config.to_json(), "layers": []}
    return parse_manifest(json.dumps(document).encode())


def index(*entries: dict[str, object], annotations: dict[str, str] | None = None) -> Manifest:
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": list(entries)}
    return parse_manifest(json.dumps(document | ({"annotations": annotations} if annotations else {})).encode())


def entry(found: Manifest, platform: str | None = None) -> dict[str, object]:
    parts = Platform.parse(platform) if platform else None
    return Descriptor(found.media_type, found.digest, len(found.body), parts).to_json()


PLATFORMS = st.sampled_from(["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", "windows/amd64"])


@given(st.lists(PLATFORMS, min_size=1, max_size=6), st.sets(PLATFORMS, min_size=1, max_size=3))
def test_a_choice_holds_exactly_the_entries_of_its_platforms(there: list[str], wanted: set[str]) -> None:
    images = [image((number, name)) for number, name in enumerate(there)]
    whole = index(*(entry(found, name) for found, name in zip(images, there, strict=True)), annotations={"kept": "yes"})
    fitting = [found.digest for found, name in zip(images, there, strict=True) if name in wanted]
    if not wanted <= set(there):
        with pytest.raises(MirrorError, match="has no image for"):
            choose_platforms(whole, sorted(wanted), "x")
        return
    chosen = choose_platforms(whole, sorted(wanted), "x")
    if isinstance(chosen, Descriptor):
        assert [chosen.digest] == fitting
        return
    assert [child.digest for child in chosen.manifests] == fitting
    assert chosen.annotations == {"kept": "yes"}
    again = choose_platforms(whole, sorted(wanted), "x")
    assert isinstance(again, Manifest)
    assert again.body == chosen.body


def test_a_platform_without_variant_fits_each_variant_and_brings_its_attestations() -> None:
    six, seven, other, about = image(6), image(7), image("amd64"), image("attestation")
    attestation = entry(about) | {"annotations": {"vnd.docker.reference.digest": seven.digest}}
    foreign = entry(image("else")) | {"annotations": {"vnd.docker.reference.digest": other.digest}}
    whole = index(
        entry(six, "linux/arm/v6"), entry(seven, "linux/arm/v7"), entry(other, "linux/amd64"), attestation, foreign
    )
    chosen = choose_platforms(whole, ["linux/arm"], "x")
    assert isinstance(chosen, Manifest)
    assert [child.digest for child in chosen.manifests] == [six.digest, seven.digest, about.digest]


class Held:
    """A source that has some manifests."""

    def __init__(self, *manifests: Manifest) -> None:
        self.manifests = {found.digest: found for found in manifests}

    async def manifest(self, digest: Digest) -> Manifest:
        return self.manifests[digest]

    async def pieces(self, descriptor: Descriptor, offset: int) -> AsyncIterator[bytes]:
        raise AssertionError("no blob is read for a plan")
        yield b""

    async def referring(self, digest: Digest) -> list[tuple[Descriptor, str | None]]:
        found = [each for each in self.manifests.values() if each.subject and each.subject.digest == digest]
        return [(each.descriptor, None) for each in found]


@st.composite
def graphs(draw: st.DrawFn) -> list[Manifest]:
    """Images and indexes of them and of one another; the last is an index over some of what is before it."""
    made = [image(number) for number in range(draw(st.integers(1, 4)))]
    for number in range(draw(st.integers(1, 5))):
        below = draw(st.lists(st.sampled_from(made), min_size=1, max_size=4))
        made.append(index(*(entry(found) for found in below), annotations={"n": str(number)}))
    return made


@settings(deadline=None)
@given(graphs())
async def test_every_part_comes_once_and_before_the_indexes_that_name_it(made: list[Manifest]) -> None:
    top = made[-1]
    parts = await read_parts(Held(*made), top.digest, Wanted("a:1", "r.test/a:1", top.digest))
    order = [part.digest for part in parts.manifests]
    assert len(order) == len(set(order))
    assert order[-1] == top.digest
    reachable = {top.digest}
    for part in reversed(made):
        if part.digest in reachable:
            reachable |= {child.digest for child in part.manifests}
    assert set(order) == reachable
    for part in parts.manifests:
        assert all(order.index(child.digest) < order.index(part.digest) for child in part.manifests)
    assert {blob.digest for blob in parts.blobs} == {m.config.digest for m in parts.manifests if m.config}


async def test_what_refers_is_followed_to_its_end_and_only_if_wanted() -> None:
    top = image("top")

    def about(subject: Manifest) -> Manifest:
        document = json.loads(image(subject.digest).body) | {"subject": subject.descriptor.to_json()}
        return parse_manifest(json.dumps(document).encode())

    signature = about(top)
    counter = about(signature)
    held = Held(top, signature, counter)
    wanted = Wanted("a:1", "r.test/a:1", top.digest, referring=())
    parts = await read_parts(held, top.digest, wanted)
    assert [each.manifests[-1].digest for each in parts.referring] == [signature.digest, counter.digest]
    assert (await read_parts(held, top.digest, Wanted("a:1", "r.test/a:1", top.digest))).referring == ()
