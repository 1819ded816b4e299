"""When a certificate is due, and what a diff and a refresh then say. The clock is given."""

import datetime
from typing import Any

import pytest

from engine.plugins.changes import Change, Kind
from engine.plugins.resource import Call, Prior, ProviderError
from engine.plugins.tls.certificate import utc_now
from engine.plugins.tls.private_key import PrivateKey
from engine.plugins.tls.self_signed_cert import SelfSignedCert
from engine.plugins.values import Properties, Value

START = datetime.datetime(2019, 6, 14, 12, 0, 0, 250_000, tzinfo=datetime.UTC)
RENEW = {"readyForRenewal": Change(Kind.UPDATE, replaces=True, of_input=False)}


class SilentLog:
    def write(self, severity: str, message: str, *, urn: str, stream_id: int, ephemeral: bool) -> None:
        raise AssertionError(message)


def call(**details: Any) -> Call:
    return Call("urn:pulumi:s::p::tls:index/selfSignedCert:SelfSignedCert::cert", "cert", SilentLog(), **details)


@pytest.fixture(scope="module")
def key() -> Value:
    return PrivateKey().create(call(), {"algorithm": "ED25519"}).state["privateKeyPem"]


@pytest.fixture
def inputs(key: Value) -> Properties:
    return {"privateKeyPem": key, "allowedUses": [], "validityPeriodHours": 10, "earlyRenewalHours": 2}


def at(hours: float) -> SelfSignedCert:
    return SelfSignedCert(lambda: START + datetime.timedelta(hours=hours))


def prior(inputs: Properties, **state: Any) -> Prior:
    created = at(0).create(call(), inputs)
    return Prior(created.id, created.state | state, inputs)


def test_validity_is_written_as_in_the_certificate(inputs: Properties) -> None:
    state = prior(inputs).state
    assert state["validityStartTime"] == "2019-06-14T12:00:00Z"
    assert state["validityEndTime"] == "2019-06-14T22:00:00Z"
    assert state["readyForRenewal"] is False


@pytest.mark.parametrize("hours", [0, 7, 7.99])
def test_a_certificate_that_is_not_due_has_no_diff(inputs: Properties, hours: float) -> None:
    made = prior(inputs)
    assert not at(hours).diff(call(), made, inputs).changes
    assert at(hours).read(call(), made) == made


@pytest.mark.parametrize("hours", [8, 9.5, 10, 11, 10_000])
def test_a_due_certificate_is_replaced_without_a_refresh(inputs: Properties, hours: float) -> None:
    assert dict(at(hours).diff(call(), prior(inputs), inputs).changes) == RENEW


def test_a_refresh_shows_it_and_the_next_diff_still_replaces(inputs: Properties) -> None:
    found = at(9).read(call(), prior(inputs))
    assert found is not None
    assert found.state["readyForRenewal"] is True
    assert dict(at(9).diff(call(), found, inputs).changes) == RENEW


def test_the_window_can_be_moved_without_a_replacement(inputs: Properties) -> None:
    wider = inputs | {"earlyRenewalHours": 3}
    made = prior(inputs)
    # A note of newer official versions about the state as it was: it would be wrong afterwards.
    noted = Prior(made.id, made.state | {"__pulumi_raw_state_delta": {}}, made.inputs)
    found = at(4).diff(call(), noted, wider)
    assert found.changed == ["earlyRenewalHours"]
    assert not found.replaces
    updated = at(4).update(call(), noted, wider)
    assert updated == made.state | {"earlyRenewalHours": 3}


def test_moving_the_window_over_now_replaces(inputs: Properties) -> None:
    found = at(4).diff(call(), prior(inputs), inputs | {"earlyRenewalHours": 9})
    assert found.replaces == ["readyForRenewal"]
    assert found.changed == ["earlyRenewalHours", "readyForRenewal"]


@pytest.mark.parametrize(("period", "early", "due"), [(0, 0, True), (1, 1, True), (1, 2, True), (2, 1, False)])
def test_a_certificate_that_is_due_at_once_says_so(inputs: Properties, period: int, early: int, due: bool) -> None:
    wanted = inputs | {"validityPeriodHours": period, "earlyRenewalHours": early}
    assert prior(wanted).state["readyForRenewal"] is due
    assert at(0).create(call(preview=True), wanted).state["readyForRenewal"] is due


def test_who_ignores_readiness_keeps_the_certificate(inputs: Properties) -> None:
    assert not at(9).diff(call(ignore_changes=("readyForRenewal",)), prior(inputs), inputs).changes


@pytest.mark.parametrize("end", ["2019-06-15T00:00:00.531545123+02:00", "2019-06-14T22:00:00.531545Z"])
def test_times_as_the_official_plugin_writes_them_are_read(inputs: Properties, end: str) -> None:
    made = prior(inputs, validityEndTime=end)
    assert not at(7.9).diff(call(), made, inputs).changes
    assert dict(at(8.1).diff(call(), made, inputs).changes) == RENEW


def test_a_time_that_is_none_is_an_error(inputs: Properties) -> None:
    with pytest.raises(ProviderError, match="validityEndTime"):
        at(0).diff(call(), prior(inputs, validityEndTime="soon"), inputs)


def test_the_default_clock_is_utc() -> None:
    assert utc_now().utcoffset() == datetime.timedelta(0)
