"""The ``pulumirpc.ResourceProvider`` service of a package.

Unpacks requests, calls the resource type, packs the answer. What it answers to ``Configure`` and ``Handshake`` is what
official plugins of this kind were recorded to answer.
"""
# ruff: noqa: N802 - the methods are named by the service's definition
# ruff: noqa: ARG002 - and so are their parameters

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2

from engine.plugins.package import name_of
from engine.plugins.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from engine.plugins.reporting import check_response, diff_response, reporting
from engine.plugins.resource import Call, Prior
from engine.plugins.values import decode, encode

if TYPE_CHECKING:
    from engine.plugins.engine_log import GrpcEngineLog
    from engine.plugins.package import Package


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one package to one engine."""

    def __init__(self, package: Package, engine_log: GrpcEngineLog) -> None:
        self._package = package
        self._engine_log = engine_log

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Learn the engine's address; tell what this plugin understands."""
        if request.engine_address:
            self._engine_log.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=self._package.accepts_secrets, accept_resources=True
        )

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Learn the engine's address, of an engine that found this process running."""
        self._engine_log.connect(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=self._package.version)

    def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext) -> None:
        """Refuse: programs have their types from the package's SDK, nothing else needs a schema."""
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the embedded engine has no schema of package {self._package.name}: to import a resource, "
            "add --generate-code=false and write its declaration yourself",
        )

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Accept any provider configuration as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Never replace the provider: a new configuration is for the next operations."""
        changed = decode(request.old_inputs) != decode(request.news)
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind)

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Keep the provider's configuration for the calls to come."""
        self._package.configuration = decode(request.args)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self._package.accepts_secrets, supportsPreview=True, acceptResources=True
        )

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Validate inputs."""
        given = decode(request.news)
        with reporting(context):
            checked = self._package.resource(request.urn).check(self._call(request), decode(request.olds), given)
        return check_response(checked, given)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Tell what an update would change."""
        prior = Prior(request.id, decode(request.olds), decode(request.old_inputs))
        call = self._call(request, ignore_changes=tuple(request.ignoreChanges))
        with reporting(context):
            return diff_response(self._package.resource(request.urn).diff(call, prior, decode(request.news)))

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Make a resource, or tell what it would be."""
        call = self._call(request, preview=request.preview, timeout_seconds=request.timeout)
        with reporting(context):
            created = self._package.resource(request.urn).create(call, decode(request.properties))
        return provider_pb2.CreateResponse(id=created.id, properties=encode(created.state))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Tell what a resource is now; an empty id says that it is gone."""
        prior = Prior(request.id, decode(request.properties), decode(request.inputs))
        with reporting(context):
            call = self._call(request, timeout_seconds=request.timeout)
            found = self._package.resource(request.urn).read(call, prior)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=found.id, properties=encode(found.state), inputs=encode(found.inputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Change a resource in place, or tell what it would be."""
        prior = Prior(request.id, decode(request.olds), decode(request.old_inputs))
        call = self._call(
            request,
            preview=request.preview,
            timeout_seconds=request.timeout,
            ignore_changes=tuple(request.ignoreChanges),
        )
        with reporting(context):
            state = self._package.resource(request.urn).update(call, prior, decode(request.news))
        return provider_pb2.UpdateResponse(properties=encode(state))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Remove a resource."""
        prior = Prior(request.id, decode(request.properties), decode(request.old_inputs))
        with reporting(context):
            call = self._call(request, timeout_seconds=request.timeout)
            self._package.resource(request.urn).delete(call, prior)
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> None:
        """Refuse: no functions are provided."""
        name, version = self._package.name, self._package.version
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            f"the embedded engine provides no functions of package {name}, such as {request.tok}; "
            f"install the official plugin: pulumi plugin install resource {name} v{version}",
        )

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """End what runs, as soon as it can be ended."""
        self._package.close()
        return empty_pb2.Empty()

    def _call(self, request: Any, **details: Any) -> Call:  # noqa: ANN401 - every kind of request has a URN
        return Call(
            urn=request.urn,
            name=name_of(request.urn),
            engine_log=self._engine_log,
            configuration=self._package.configuration,
            cancelled=self._package.cancelled,
            **details,
        )
