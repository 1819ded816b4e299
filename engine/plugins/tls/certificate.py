"""What both kinds of certificates share: validity, uses, and renewal."""

from __future__ import annotations

import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from engine.plugins.bridged import BridgedResource
from engine.plugins.changes import Change, Kind
from engine.plugins.fields import Field
from engine.plugins.resource import Failure, Prior, ProviderError
from engine.plugins.tls.usages import ALL
from engine.plugins.values import UNKNOWN, has_unknown, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.plugins.resource import Call
    from engine.plugins.values import Properties, Value

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "allowedUses": Field("strings", required=True, one_of=ALL),
        "validityPeriodHours": Field("integer", required=True, minimum=0),
        "earlyRenewalHours": Field("integer", default=0, minimum=0, replaces=False),
        "isCaCertificate": Field("boolean", default=False),
        # In place as in the official plugin: it applies from the next renewal on.
        "maxPathLength": Field("integer", default=-1, minimum=-1, replaces=False),
        "setSubjectKeyId": Field("boolean", default=False),
    }
)


def utc_now() -> datetime.datetime:
    """Return the present time."""
    return datetime.datetime.now(datetime.UTC)


class CertificateResource(BridgedResource):
    """A certificate that renews itself.

    In the last ``earlyRenewalHours`` before its end, a refresh sets ``readyForRenewal`` and every diff, refreshed or
    not, replaces the certificate.
    """

    def __init__(self, clock: Callable[[], datetime.datetime] = utc_now) -> None:
        self.clock = clock

    def planned(self, inputs: Properties) -> Properties:
        """Fill in defaults; a certificate that is due when it is made says so at once."""
        planned = super().planned(inputs)
        period, early = reveal(planned.get("validityPeriodHours")), reveal(planned["earlyRenewalHours"])
        due: Value = UNKNOWN
        if isinstance(period, int) and isinstance(early, int):
            due = period == 0 or early >= period
        return planned | {"readyForRenewal": due}

    def replaces(self, name: str, before: Properties, planned: Properties) -> bool:
        """Replace for a PEM input only if the state has PEM there: ancient versions kept a hash of it."""
        if name.endswith("Pem") and not str(reveal(before.get(name))).startswith("-----BEGIN "):
            return False
        return super().replaces(name, before, planned)

    def tidied(self, planned: Properties) -> Properties:
        """Compare as usual; empty parts of the subject and empty lists are none given."""
        tidy = dict(planned)
        subject = tidy.get("subject")
        if isinstance(subject, dict):
            tidy["subject"] = {name: part for name, part in subject.items() if part not in ("", [])}
        return super().tidied({name: None if value == [] else value for name, value in tidy.items()})

    def aged(self, call: Call, prior: Prior, planned: Properties) -> Mapping[str, Change]:  # noqa: ARG002
        """Find that the certificate is due."""
        early = reveal(planned["earlyRenewalHours"])
        if isinstance(early, int) and self._is_due(prior.state, early):
            return {"readyForRenewal": Change(Kind.UPDATE, replaces=True, of_input=False)}
        return {}

    def read(self, call: Call, prior: Prior) -> Prior | None:
        """Trust the state, and tell whether the certificate is due."""
        found = super().read(call, prior)
        if found is not None and self._is_due(found.state, reveal(found.state.get("earlyRenewalHours")) or 0):
            return Prior(found.id, found.state | {"readyForRenewal": True}, found.inputs)
        return found

    def faults(self, planned: Properties) -> list[Failure]:
        """Find uses that go together only, and an end that cannot be written down."""
        failures = []
        period, uses = planned["validityPeriodHours"], planned["allowedUses"]
        try:
            self.clock() + datetime.timedelta(hours=period if isinstance(period, int) else 0)
        except OverflowError:
            failures.append(Failure("validityPeriodHours", f"this ends after the year 9999: {period}"))
        if isinstance(uses, list) and not has_unknown(uses) and "key_agreement" not in uses:
            alone = [use for use in ("encipher_only", "decipher_only") if use in uses]
            failures += [Failure("allowedUses", f"{use} needs key_agreement too") for use in alone]
        return failures

    def _is_due(self, state: Properties, early_hours: int) -> bool:
        end = reveal(state.get("validityEndTime"))
        if end is None:
            return False
        try:
            ends = datetime.datetime.fromisoformat(end)
        except ValueError as error:
            message = f"validityEndTime in the state is no RFC 3339 time: {end!r}"
            raise ProviderError(message) from error
        return self.clock() >= ends - datetime.timedelta(hours=early_hours)
