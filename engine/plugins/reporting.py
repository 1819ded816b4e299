"""Failures and diffs of resource types in the service's terms."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import grpc
from google.protobuf import any_pb2

from engine.plugins.proto import provider_pb2, status_pb2
from engine.plugins.resource import PartialFailure, ProviderError
from engine.plugins.values import encode, has_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.plugins.changes import Change, Diff
    from engine.plugins.resource import Checked
    from engine.plugins.values import Properties


@contextlib.contextmanager
def reporting(context: grpc.ServicerContext) -> Iterator[None]:
    """Answer with the message of a ``ProviderError``; with the state too if it is a ``PartialFailure``.

    The status is UNKNOWN, as that of plugins written in Go is for an ordinary error: scripts and users see the same.
    """
    try:
        yield
    except PartialFailure as failure:
        details = any_pb2.Any()
        details.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=failure.created.id,
                properties=encode(failure.created.state),
                reasons=failure.reasons,
                inputs=None if failure.inputs is None else encode(failure.inputs),
            )
        )
        code = grpc.StatusCode.UNKNOWN
        status = status_pb2.Status(code=code.value[0], message=str(failure), details=[details])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, str(failure))
    except ProviderError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def check_response(checked: Checked, given: Properties) -> provider_pb2.CheckResponse:
    """Pack what a check found.

    The engine prints the value of a property that it is told failed, a secret one too: such a property is named in the
    reason instead.
    """
    failures = []
    for failure in checked.failures:
        name, reason = failure.property, failure.reason
        if has_secret(given.get(name)) or has_secret(checked.inputs.get(name)):
            name, reason = "", f"{name}: {reason}"
        failures.append(provider_pb2.CheckFailure(property=name, reason=reason))
    return provider_pb2.CheckResponse(inputs=encode(checked.inputs), failures=failures)


def diff_response(diff: Diff) -> provider_pb2.DiffResponse:
    """Pack what a diff found."""
    kinds = provider_pb2.DiffResponse
    return provider_pb2.DiffResponse(
        changes=kinds.DIFF_SOME if diff.changes else kinds.DIFF_NONE,
        replaces=diff.replaces,
        diffs=diff.changed,
        detailedDiff={path: _property_diff(change) for path, change in diff.changes.items()},
        hasDetailedDiff=bool(diff.changes),
        deleteBeforeReplace=diff.delete_before_replace,
    )


def _property_diff(change: Change) -> provider_pb2.PropertyDiff:
    kind = f"{change.kind.value}_REPLACE" if change.replaces else change.kind.value
    return provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(kind), inputDiff=change.of_input)
