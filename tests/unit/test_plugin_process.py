"""The plugin process: it serves on the port it prints, and ends with its engine, quietly."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2

from engine.layout import CHECKOUT
from engine.plugins.proto import provider_pb2_grpc

SECONDS = 30


def command(name: str = "random") -> list[str]:
    return [sys.executable, "-m", f"engine.plugins.{name}", "127.0.0.1:1"]


@pytest.fixture
def plugin() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command(), cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_ends_quietly_when_it_is_told_to(plugin: subprocess.Popen[str], signum: signal.Signals) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port(plugin)}") as channel:
        answer = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty())
    assert answer.version == "4.21.1"
    plugin.send_signal(signum)
    assert plugin.communicate(timeout=SECONDS) == ("", "")
    assert plugin.returncode == 0


def test_it_ends_when_its_engine_is_killed() -> None:
    shell = f"{' '.join(command())} & echo $!; wait"
    engine = subprocess.Popen(["sh", "-c", shell], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    pid, served = int(engine.stdout.readline()), engine.stdout.readline()
    assert served.strip().isdigit()
    engine.kill()
    # The plugin holds the pipe's other end: it is gone when the pipe is at its end.
    watchdog = threading.Timer(SECONDS, os.kill, (pid, signal.SIGKILL))
    watchdog.start()
    rest = engine.stdout.read()
    assert watchdog.is_alive(), "the plugin outlived its engine"
    watchdog.cancel()
    engine.wait()
    engine.stdout.close()
    assert rest == ""


@pytest.mark.parametrize("name", ["random", "tls"])
def test_starting_loads_neither_the_sdk_nor_cryptography(name: str) -> None:
    probe = (
        f"import sys, engine.plugins.{name}.plugin, engine.plugins.serve;"
        "print(*(module for module in ('pulumi', 'cryptography', 'bcrypt') if module in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
