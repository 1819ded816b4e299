"""Which steps may go at the same time: nothing beside what needs it, and the plan's order between those that do."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from towpath.images.deletion.recheck import without
from towpath.images.deletion.step import Step
from towpath.images.deletion.waves import waves
from towpath.images.retention.reach import links_of, needed, order
from towpath.images.snapshot import ManifestRecord, RepositoryRecord
from towpath.oci import media_types
from towpath.oci.digest import Digest, digest_of

DIGESTS = tuple(digest_of(bytes([number])) for number in range(7))
A, B, C, D, *_ = DIGESTS


def manifest(digest: Digest, *children: Digest, subject: Digest | None = None) -> ManifestRecord:
    kind = media_types.OCI_INDEX if children else media_types.OCI_MANIFEST
    return ManifestRecord(digest, kind, 1, children=children, subject=subject)


def record(*manifests: ManifestRecord, tags: dict[str, Digest] | None = None) -> RepositoryRecord:
    return RepositoryRecord("app", tags or {}, {each.digest: each for each in manifests})


def step(digest: Digest) -> Step:
    return Step("app", digest, (), "old")


def cut(now: RepositoryRecord, *digests: Digest) -> list[list[Digest]]:
    found = waves([step(digest) for digest in digests], links_of(now))
    return [[each.manifest for each in wave] for wave in found]


def test_what_has_nothing_to_do_with_one_another_goes_at_once() -> None:
    assert cut(record(*map(manifest, DIGESTS)), *DIGESTS) == [[*DIGESTS]]


def test_an_index_goes_before_its_parts_and_an_image_before_its_signatures() -> None:
    now = record(manifest(A, B), manifest(B), manifest(C, subject=B), manifest(D))
    assert cut(now, A, B, C, D) == [[A, D], [B], [C]]


def test_indexes_that_share_a_part_go_at_once_and_the_part_after_the_last() -> None:
    now = record(manifest(A, D), manifest(B, C), manifest(C, D), manifest(D))
    assert cut(now, A, B, C, D) == [[A, B], [C], [D]]


def test_a_signature_known_by_its_tag_alone_goes_after_its_image() -> None:
    tags = {f"{A.replace(':', '-')}.sig": B}
    assert cut(record(manifest(A), manifest(B), tags=tags), A, B) == [[A], [B]]


def test_the_order_of_a_plan_stands_where_its_links_say_otherwise() -> None:
    """A plan is older than what is read now; whatever it put first stays first."""
    assert cut(record(manifest(A, B), manifest(B)), B, A) == [[B], [A]]


def test_tags_that_go_alone_go_one_by_one_before_any_manifest() -> None:
    alone = [Step("app", A, (name,), "old", untag=True) for name in ("1", "2")]
    found = list(waves([*alone, step(B), step(C)], links_of(record(manifest(A), manifest(B), manifest(C)))))
    assert found == [(alone[0],), (alone[1],), (step(B), step(C))]


@st.composite
def repositories(draw: st.DrawFn) -> RepositoryRecord:
    """Anything that digests allow; subjects and the names of tags may make rings."""
    chosen = st.sampled_from(DIGESTS)
    manifests = []
    for number, digest in enumerate(DIGESTS):
        below = DIGESTS[number + 1 :]
        children = draw(st.lists(st.sampled_from(below), unique=True, max_size=2)) if below else []
        manifests.append(manifest(digest, *children, subject=draw(st.one_of(st.none(), st.none(), chosen))))
    return record(*manifests, tags={f"{draw(chosen).replace(':', '-')}.sig": draw(chosen)})


@given(repositories(), st.data())
def test_every_step_is_there_once_and_related_ones_keep_their_order(now: RepositoryRecord, data: st.DataObject) -> None:
    links = links_of(now)
    planned = order(links, set(data.draw(st.lists(st.sampled_from(DIGESTS), unique=True))))
    steps = [step(digest) for digest in data.draw(st.permutations(planned))]
    found = list(waves(steps, links))
    place = {each: number for number, wave in enumerate(found) for each in wave}
    assert sorted(place, key=lambda each: each.manifest) == sorted(steps, key=lambda each: each.manifest)
    assert sum(map(len, found)) == len(steps)
    for earlier, later in combinations(steps, 2):
        if later.manifest in needed(links, [earlier.manifest]) or earlier.manifest in needed(links, [later.manifest]):
            assert place[earlier] < place[later]


@given(repositories(), st.data())
def test_what_stays_holds_the_same_as_if_one_went_after_the_other(now: RepositoryRecord, data: st.DataObject) -> None:
    """A step that is refused at the last moment finds everything it needs still there that came after it."""
    steps = [step(digest) for digest in order(links_of(now), set(DIGESTS))]
    found = list(waves(steps, links_of(now)))
    stays = data.draw(st.sampled_from(steps))
    number = next(number for number, wave in enumerate(found) if stays in wave)
    later = [each for wave in found[number + 1 :] for each in wave]
    held = {each for each, _ in without(later, stays.manifest, now).skipped}
    one_by_one = steps[steps.index(stays) + 1 :]
    assert held == {each for each, _ in without(one_by_one, stays.manifest, now).skipped}
