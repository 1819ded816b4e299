"""The service itself: requests in, answers out; the work is done in the modules beside it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2, json_format

from engine.catalog import PULUMI_VERSION
from engine.language import dependencies, packages, plugin, program
from engine.language.children import Children
from engine.language.interpreter import Interpreter, InterpreterError, find_interpreter
from engine.language.stubs import language_pb2, language_pb2_grpc, plugin_pb2

_TRUE = {"1", "true", "t", "yes"}


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):  # type: ignore[misc]
    """Serves one engine, whose address is given at start or by Handshake."""

    def __init__(self, engine_address: str, children: Children) -> None:
        self._engine_address = engine_address
        self._children = children

    def Handshake(self, request: Any, context: Any) -> Any:
        """Take the address of an engine that attached to a running host."""
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The host's version: that of the engine it is made for."""
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def About(self, request: Any, context: Any) -> Any:
        """Path and version of the project's interpreter."""
        interpreter = self._interpreter(request.info, context)
        version = packages.ask(interpreter, "import platform; print(platform.python_version())")
        return language_pb2.AboutResponse(executable=str(interpreter.executable), version=version)

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """The plugins that the installed SDK packages use."""
        answer = language_pb2.GetRequiredPackagesResponse()
        for need in self._needs(request.info, context):
            answer.packages.add(kind="resource", name=need.name, version=need.version, server=need.server)
        return answer

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """The same for an engine that does not know packages yet."""
        answer = language_pb2.GetRequiredPluginsResponse()
        for need in self._needs(request.info, context):
            answer.plugins.add(kind="resource", name=need.name, version=need.version, server=need.server)
        return answer

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        """Nothing to ask a new project's author."""
        return language_pb2.RuntimeOptionsResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """The distributions of the project's interpreter."""
        interpreter = self._interpreter(request.info, context)
        found = packages.list_dependencies(interpreter, transitive=request.transitiveDependencies)
        answer = language_pb2.GetProgramDependenciesResponse()
        for dependency in found:
            answer.dependencies.add(name=dependency.name, version=dependency.version)
        return answer

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program to its end."""
        if request.attach_debugger:
            _refuse(context, "attaching a debugger")
        interpreter = self._interpreter(request.info, context)
        status = program.run_program(interpreter, request, self._engine_address, self._children)
        error, bail = program.outcome(status)
        return language_pb2.RunResponse(error=error, bail=bail)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Make the virtual environment and install what the project lists, for `pulumi install`."""
        try:
            for line in dependencies.install(_root(request.info), _options(request.info)):
                yield language_pb2.InstallDependenciesResponse(stdout=line)
        except (dependencies.InstallError, InterpreterError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack or a plugin until it ends or the engine cancels the call."""
        if request.attach_debugger:
            _refuse(context, "attaching a debugger")
        interpreter = self._interpreter(request.info, context)
        yield from plugin.run_plugin(interpreter, request, context, self._children)

    def Cancel(self, request: Any, context: Any) -> Any:
        """Interrupt whatever runs."""
        self._children.interrupt()
        return empty_pb2.Empty()

    def Template(self, request: Any, context: Any) -> Any:
        """Templates need no completion."""
        return language_pb2.TemplateResponse()

    def GenerateProgram(self, request: Any, context: Any) -> NoReturn:
        """Not served."""
        _refuse(context, "generating programs")

    def GenerateProject(self, request: Any, context: Any) -> NoReturn:
        """Not served."""
        _refuse(context, "generating projects")

    def GeneratePackage(self, request: Any, context: Any) -> NoReturn:
        """Not served."""
        _refuse(context, "generating SDK packages")

    def Pack(self, request: Any, context: Any) -> NoReturn:
        """Not served."""
        _refuse(context, "packing SDK packages")

    def Link(self, request: Any, context: Any) -> NoReturn:
        """Not served."""
        _refuse(context, "linking SDK packages")

    def _interpreter(self, info: Any, context: Any) -> Interpreter:
        try:
            return find_interpreter(_root(info), _options(info))
        except InterpreterError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise

    def _needs(self, info: Any, context: Any) -> list[packages.PluginNeed]:
        try:
            needs = packages.plugin_needs(self._interpreter(info, context))
        except packages.PackagesError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise
        if os.environ.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() in _TRUE:
            return packages.installed_needs(needs, packages.plugins_folder())
        return needs


def _root(info: Any) -> Path:
    return Path(info.root_directory or info.program_directory or os.getcwd())  # noqa: PTH109


def _options(info: Any) -> dict[str, object]:
    return json_format.MessageToDict(info.options) if info.HasField("options") else {}


def _refuse(context: Any, what: str) -> NoReturn:
    message = f"{what} is not served by the embedded engine: use the official Pulumi for it"
    context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
    raise AssertionError(message)
