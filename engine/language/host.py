"""The service itself: requests in, answers out; the work is done in the modules beside it."""
# ruff: noqa: N802 - methods have the names of the service's calls

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from engine.catalog import PULUMI_VERSION
from engine.language import dependencies, packages, plugin, program
from engine.language.children import Children
from engine.language.errors import HostError
from engine.language.interpreter import Interpreter, find_interpreter

_TRUE = {"1", "true", "t", "yes"}
_NOT_SERVED = "the embedded engine neither generates code nor attaches debuggers: use the official Pulumi for that"


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves one engine, whose address is given at start or by Handshake."""

    def __init__(self, engine_address: str, children: Children) -> None:
        self._engine_address = engine_address
        self._children = children

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, _context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the address of an engine that attaches to a running host."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Give the host's version: that of the engine it is made for."""
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Give path and version of the project's interpreter."""
        with _reported(context):
            interpreter = _interpreter(request.info)
            version = packages.version_of(interpreter)
        return language_pb2.AboutResponse(executable=str(interpreter.executable), version=version)

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """List the plugins that the installed SDK packages use."""
        answer = language_pb2.GetRequiredPackagesResponse()
        with _reported(context):
            for need in _needs(request.info):
                answer.packages.add(kind="resource", name=need.name, version=need.version, server=need.server)
        return answer

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """List the same for an engine that does not know packages yet."""
        answer = language_pb2.GetRequiredPluginsResponse()
        with _reported(context):
            for need in _needs(request.info):
                answer.plugins.add(kind="resource", name=need.name, version=need.version, server=need.server)
        return answer

    def RuntimeOptionsPrompts(
        self, _request: language_pb2.RuntimeOptionsRequest, _context: grpc.ServicerContext
    ) -> language_pb2.RuntimeOptionsResponse:
        """Ask a new project's author nothing."""
        return language_pb2.RuntimeOptionsResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List the distributions of the project's interpreter."""
        answer = language_pb2.GetProgramDependenciesResponse()
        with _reported(context):
            interpreter = _interpreter(request.info)
            for found in packages.list_dependencies(interpreter, transitive=request.transitiveDependencies):
                answer.dependencies.add(name=found.name, version=found.version)
        return answer

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run the program to its end."""
        if request.attach_debugger:
            self._not_served(request, context)
        with _reported(context):
            interpreter = _interpreter(request.info)
            status = program.run_program(interpreter, request, self._engine_address, self._children)
        error, bail = program.outcome(status)
        return language_pb2.RunResponse(error=error, bail=bail)

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Make the virtual environment and install what the project lists, for `pulumi install`."""
        with _reported(context):
            for line in dependencies.install(_root(request.info), _options(request.info)):
                yield language_pb2.InstallDependenciesResponse(stdout=line)

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack or a plugin until it ends or the engine cancels the call."""
        if request.attach_debugger:
            self._not_served(request, context)
        with _reported(context):
            yield from plugin.run_plugin(_interpreter(request.info), request, context, self._children)

    def Cancel(self, _request: empty_pb2.Empty, _context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Interrupt whatever runs."""
        self._children.interrupt()
        return empty_pb2.Empty()

    def Template(
        self, _request: language_pb2.TemplateRequest, _context: grpc.ServicerContext
    ) -> language_pb2.TemplateResponse:
        """Leave a new project as its template has it."""
        return language_pb2.TemplateResponse()

    def _not_served(self, request: Any, context: Any) -> Any:  # noqa: ANN401, ARG002 - stands for many calls
        context.abort(grpc.StatusCode.UNIMPLEMENTED, _NOT_SERVED)

    GenerateProgram = GenerateProject = GeneratePackage = Pack = Link = _not_served


@contextmanager
def _reported(context: grpc.ServicerContext) -> Iterator[None]:
    """Answer the call with the message of an error of ours."""
    try:
        yield
    except HostError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def _interpreter(info: language_pb2.ProgramInfo) -> Interpreter:
    return find_interpreter(_root(info), _options(info))


def _needs(info: language_pb2.ProgramInfo) -> list[packages.PluginNeed]:
    needs = packages.plugin_needs(_interpreter(info))
    if os.environ.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() in _TRUE:
        return packages.installed_needs(needs, packages.plugins_folder())
    return needs


def _root(info: language_pb2.ProgramInfo) -> Path:
    return Path(info.root_directory or info.program_directory or Path.cwd())


def _options(info: language_pb2.ProgramInfo) -> dict[str, object]:
    return json_format.MessageToDict(info.options) if info.HasField("options") else {}
