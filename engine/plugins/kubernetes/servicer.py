"""The service's methods in which Kubernetes differs from other packages: its configuration, and names of objects."""
# ruff: noqa: N802 - the methods are named by the service's definition
# ruff: noqa: ARG002 - and so are their parameters

import os
from typing import TYPE_CHECKING, cast

import grpc

from engine.plugins.kubernetes.names import Autonaming
from engine.plugins.kubernetes.provider_changes import changed_settings, replacing_settings
from engine.plugins.kubernetes.settings import read_settings
from engine.plugins.proto import provider_pb2
from engine.plugins.reporting import reporting
from engine.plugins.resource import ProviderError
from engine.plugins.servicer import Servicer
from engine.plugins.values import decode, encode

if TYPE_CHECKING:
    from engine.plugins.kubernetes.package import KubernetesPackage


class KubernetesServicer(Servicer):
    """Serves the kubernetes package to one engine."""

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Refuse settings that are not provided here."""
        failures = []
        try:
            read_settings(decode(request.news), os.environ)
        except ProviderError as error:
            failures.append(provider_pb2.CheckFailure(reason=str(error)))
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Replace the provider, and with it all its objects, if it is for another cluster now."""
        old, new = decode(request.old_inputs or request.olds), decode(request.news)
        changed = changed_settings(old, new)
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
            diffs=changed,
            replaces=replacing_settings(old, new, os.environ),
        )

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Take the configuration, and begin to connect: loading the libraries for that takes a while."""
        answer = super().Configure(request, context)
        with reporting(context):
            cluster = cast("KubernetesPackage", self._package).cluster
        cluster.warm_up()
        answer.supports_autonaming_configuration = True
        return answer

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Check inputs, with what the engine says on names."""
        package = cast("KubernetesPackage", self._package)
        with reporting(context):
            resource = package.resource(request.urn)
            olds, news = decode(request.olds), decode(request.news)
            checked = resource.check_named(self._call(request), olds, news, _autonaming(request))
        return provider_pb2.CheckResponse(inputs=encode(checked.inputs))


def _autonaming(request: provider_pb2.CheckRequest) -> Autonaming:
    if not request.HasField("autonaming"):
        return Autonaming(seed=request.randomSeed)
    options = provider_pb2.CheckRequest.AutonamingOptions
    return Autonaming(
        seed=request.randomSeed,
        proposed=request.autonaming.proposed_name,
        disabled=request.autonaming.mode == options.DISABLE,
    )
