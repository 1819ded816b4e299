"""What a report says of policies: a change of level or severity alone is seen, and the gravest comes first."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.preview_stream import stream, summary
from towpath.report.compose import compose
from towpath.report.markdown import to_markdown
from towpath.report.stream import read_stream

GRADES = st.tuples(
    st.sampled_from(["mandatory", "advisory", "remediate"]), st.sampled_from(["", "low", "medium", "high", "critical"])
)


def said(*grades: tuple[str, str]) -> str:
    events = []
    for number, (level, severity) in enumerate(grades):
        event = {"policyName": f"rule-{number}", "policyPackName": "towpath", "message": "- a finding"}
        event |= {"enforcementLevel": level} | ({"severity": severity} if severity else {})
        events.append({"policyEvent": event})
    return to_markdown(compose(read_stream(stream(*events, summary()))))


@given(GRADES, GRADES)
def test_two_reports_are_equal_only_if_level_and_severity_are(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (said(one) == said(other)) is (one == other)


def test_the_gravest_comes_first() -> None:
    text = said(("advisory", "critical"), ("mandatory", "low"), ("mandatory", "critical"), ("mandatory", ""))
    places = [text.index(f"rule-{number}") for number in (2, 1, 3, 0)]
    assert places == sorted(places)
    assert "mandatory, severity critical" in text
