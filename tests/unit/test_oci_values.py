"""References, digests, manifests and configurations: what is read, and what is refused with which words."""

import datetime as dt
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.oci import media_types
from towpath.oci.descriptor import Descriptor, Platform
from towpath.oci.digest import Digest, digest_of, is_digest, parse_digest, verify
from towpath.oci.errors import DigestMismatchError, InvalidDigestError, InvalidManifestError, InvalidReferenceError
from towpath.oci.image_config import parse_created, parse_image_config
from towpath.oci.manifest import parse_manifest
from towpath.oci.reference import Reference, check_registry

HEX = "0123456789abcdef"
DIGEST = digest_of(b"x")
component = st.from_regex(r"[a-z0-9]{1,5}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)
registries = st.sampled_from(["localhost", "10.0.0.5:6000", "registry.example.com", "[fd00::1]:443", "Reg.test", "a:1"])
tags = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=1).flatmap(
    lambda first: st.text(string.ascii_letters + string.digits + "_.-", max_size=20).map(lambda rest: first + rest)
)
digests = st.binary(max_size=4).flatmap(lambda b: st.sampled_from([digest_of(b), digest_of(b, "sha512")]))
references = st.builds(
    Reference,
    registries,
    st.lists(component, min_size=1, max_size=4).map("/".join),
    st.none() | tags,
    st.none() | digests,
)


@given(references)
def test_a_reference_survives_being_written_and_read(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_as_a_reference(text: str) -> None:
    try:
        reference = Reference.parse(text, "registry.test:5000")
    except InvalidReferenceError:
        return
    assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", Reference("docker.io", "library/nginx")),
        ("team/app:1", Reference("docker.io", "team/app", "1")),
        ("localhost/app", Reference("localhost", "app")),
        ("host:5000/app", Reference("host:5000", "app")),
        (f"a.b/c/d:t@{DIGEST}", Reference("a.b", "c/d", "t", DIGEST)),
    ],
)
def test_the_first_part_is_a_host_as_docker_decides_it(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


def test_a_default_registry_takes_names_as_they_are() -> None:
    assert Reference.parse("app:1", "r.test:6000") == Reference("r.test:6000", "app", "1")
    assert Reference.parse("r.test:6000/app", "r.test:6000") == Reference("r.test:6000", "app")
    assert [Reference.parse(t, "r.test").locator for t in ("a", "a:1", f"a:1@{DIGEST}")] == ["latest", "1", DIGEST]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("team/App", "repository"),
        ("a.b/UPPER", "repository"),
        ("a.b/c:bad tag", "tag"),
        ("a.b/c:", "tag"),
        ("a.b/c:-x", "tag"),
        ("a.b/c@sha256:12", "digest"),
        ("a.b/c@md5:" + "0" * 32, "digest"),
        ("https://a.b/c", "registry"),
        ("a.b//c", "repository"),
        ("a.b/" + "c" * 256, "255"),
        ("", "repository"),
        ("a.b/..", "repository"),
    ],
)
def test_a_bad_reference_is_refused_naming_the_part(text: str, word: str) -> None:
    with pytest.raises(InvalidReferenceError, match=word):
        Reference.parse(text)


@pytest.mark.parametrize("registry", ["https://a.b", "a.b/c", "a b", "", "a.b:port", "user@a.b"])
def test_a_registry_is_host_and_port_alone(registry: str) -> None:
    with pytest.raises(InvalidReferenceError, match="without a scheme"):
        check_registry(registry)


@given(st.text(HEX + "ABC:sh256", max_size=80))
def test_only_whole_digests_of_known_algorithms_are_digests(text: str) -> None:
    if not is_digest(text):
        with pytest.raises(InvalidDigestError):
            parse_digest(text)


@given(st.binary(max_size=50), st.binary(max_size=50), st.sampled_from(["sha256", "sha512"]))
def test_content_is_accepted_for_its_own_digest_alone(content: bytes, other: bytes, algorithm: str) -> None:
    verify(content, digest_of(content, algorithm), "it")
    if content != other:
        with pytest.raises(DigestMismatchError, match="it: "):
            verify(other, digest_of(content, algorithm), "it")


def image_document(**changes: object) -> bytes:
    descriptor = {"mediaType": media_types.OCI_CONFIG, "digest": DIGEST, "size": 3}
    document = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": descriptor, "layers": []}
    return json.dumps({key: value for key, value in (document | changes).items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("own", "came_as", "kind"),
    [
        (..., None, media_types.OCI_MANIFEST),
        (..., media_types.DOCKER_MANIFEST, media_types.DOCKER_MANIFEST),
        (media_types.OCI_MANIFEST, "application/json", media_types.OCI_MANIFEST),
        (media_types.OCI_MANIFEST, f"{media_types.OCI_MANIFEST}; charset=utf-8", media_types.OCI_MANIFEST),
    ],
)
def test_the_kind_is_the_documents_word_else_the_content_type_else_the_shape(
    own: object, came_as: str | None, kind: str
) -> None:
    assert parse_manifest(image_document(mediaType=own), came_as).media_type == kind


@pytest.mark.parametrize(
    ("body", "came_as"),
    [
        (b"", None),
        (b"[]", None),
        (b"[" * 100_000, None),
        (image_document(schemaVersion=1), None),
        (image_document(config=...), None),
        (image_document(config=[]), None),
        (image_document(layers={}), None),
        (image_document(layers=[{"digest": DIGEST}]), None),
        (image_document(layers=[{"digest": DIGEST, "mediaType": "x", "size": -1}]), None),
        (image_document(layers=[{"digest": "sha256:x", "mediaType": "x", "size": 1}]), None),
        (image_document(manifests=[]), None),
        (image_document(mediaType=media_types.OCI_INDEX), None),
        (image_document(), media_types.OCI_INDEX),
        (image_document(mediaType="text/html"), None),
        (b" " * (4 * 1024 * 1024 + 1), None),
    ],
)
def test_what_is_no_manifest_is_refused(body: bytes, came_as: str | None) -> None:
    with pytest.raises(InvalidManifestError):
        parse_manifest(body, came_as)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda s: st.lists(s, max_size=3)))
def test_no_shape_of_a_part_breaks_the_reader_otherwise(part: object) -> None:
    for key in ("config", "layers", "subject", "annotations", "mediaType", "manifests"):
        try:
            parse_manifest(image_document(**{key: part}))
        except InvalidManifestError:
            continue


def test_foreign_layers_are_no_blobs_of_the_registry_and_a_digest_counts_once() -> None:
    layer = {"mediaType": media_types.OCI_LAYER, "digest": digest_of(b"l"), "size": 1}
    foreign = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": DIGEST, "size": 9}
    found = parse_manifest(image_document(layers=[layer, foreign, layer]))
    assert [entry.media_type for entry in found.blobs] == [media_types.OCI_CONFIG, media_types.OCI_LAYER]
    assert len(found.layers) == 3


def test_a_descriptor_survives_being_written_and_read() -> None:
    platform = Platform("windows", "amd64", "", "10.0.1")
    descriptor = Descriptor(media_types.OCI_INDEX, DIGEST, 5, platform, "a/b", {"k": "v"})
    assert Descriptor.from_json(descriptor.to_json(), "it") == descriptor
    assert str(Platform.parse("linux/arm64/v8")) == "linux/arm64/v8"
    for text in ("linux", "linux/", "a/b/c/d", ""):
        with pytest.raises(InvalidManifestError, match="linux/amd64"):
            Platform.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        ("2026-01-02T03:04:05.123456789+02:00", dt.datetime(2026, 1, 2, 1, 4, 5, 123456, dt.UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("1980-01-01T00:00:01Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-01-02T03:04:05", None),
        ("yesterday", None),
        (5, None),
        (None, None),
    ],
)
def test_an_age_is_known_or_not_and_never_made_up(text: object, expected: dt.datetime | None) -> None:
    assert parse_created(text) == expected


def test_a_configuration_says_platform_and_creation() -> None:
    found = parse_image_config(b'{"os": "linux", "architecture": "arm64", "variant": "v8", "created": null}')
    assert (str(found.platform), found.created) == ("linux/arm64/v8", None)
    for body in (b"", b"[]", b'{"os": 5}'):
        with pytest.raises(InvalidManifestError):
            parse_image_config(body)


def test_a_digest_is_a_string_for_everyone_else() -> None:
    assert json.dumps(Digest("sha256:0")) == '"sha256:0"'
