"""`Environment`: a whole environment inside a program that has others, and settings that are not known."""

from typing import Any

import pulumi
import pytest
from google.protobuf import struct_pb2
from pulumi.output import UNKNOWN
from pulumi.runtime import rpc

from components import Environment, EnvironmentArgs
from components.known import known
from towpath.errors import SettingsError
from towpath.images.deletion.survey import Survey

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVZb2trTlZvY3RvcmlhTmVjZXNzZXN0UGFzc2lv"


def args() -> EnvironmentArgs:
    members = {"a": {"address": "10.0.0.1", "host_key": KEY}, "b": {"address": "10.0.0.2", "host_key": KEY}}
    return {
        "nodes": {"ssh": {"agent": True}, "members": members, "rollout": {"max_unavailable": 1.0}},
        "registry": {"node": "a", "port": 6000.0},
        "accounts": [{"name": "ci", "password": "plain to the component"}],
    }


@pulumi.runtime.test
def test_two_of_a_program_share_neither_names_nor_documents(recorder: Any) -> pulumi.Output[None]:
    made = [Environment(name, args()) for name in ("left", "right")]

    def check(_: Any) -> None:
        names = [name for name, (kind, _) in recorder.resources.items() if kind != "towpath:index:Environment"]
        assert all(name.startswith(("left-", "right-")) for name in names)
        documents = [inputs["document"] for inputs in recorder.of_type("nodes:NodeState").values()]
        assert len(set(documents)) == len(documents)
        assert set(documents) >= {
            f"{part}-a-test-{side}" for part in ("node", "registry") for side in ("left", "right")
        }

    return pulumi.Output.all(*(each.registry for each in made)).apply(check)


@pulumi.runtime.test
def test_it_gives_out_what_a_stack_does(recorder: Any) -> pulumi.Output[None]:
    made = Environment("pulling", args())

    def check(values: list[Any]) -> None:
        registry, credentials, nodes, pull_secrets = values
        assert registry["host"] == "10.0.0.1:6000"
        assert registry["url"] == "https://10.0.0.1:6000"
        assert registry["ca_pem"] == recorder.pem("pulling-certificate-ca")
        assert credentials["ci"]["password"] == "plain to the component"
        assert nodes == {"a": {"address": "10.0.0.1"}, "b": {"address": "10.0.0.2"}}
        assert pull_secrets == {}

    return pulumi.Output.all(made.registry, made.credentials, made.nodes, made.pull_secrets).apply(check)


@pulumi.runtime.test
def test_its_credentials_are_secret(recorder: Any) -> pulumi.Output[None]:
    made = Environment("pulling", args())

    async def check() -> None:
        assert await made.credentials.is_secret()
        assert not await made.registry.is_secret()

    return pulumi.Output.from_input(check())


@pytest.mark.parametrize(
    "outputs",
    [
        {"registry": "https://10.9.9.9:6000", "credentials": "of something else"},
        {"registry": {"host": "10.9.9.9:6000"}, "credentials": {"ci": {"username": "ci", "password": "hush"}}},
        {"address": "an output of the rest of the program"},
    ],
)
@pulumi.runtime.test
def test_outputs_that_are_of_something_else_delete_nothing_and_that_is_said(
    outputs: dict[str, Any], recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> pulumi.Output[None]:
    monkeypatch.setattr(Survey, "__init__", lambda *_: pytest.fail("another registry is asked"))
    recorder.last_outputs = outputs
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: said.append(text))
    policies = [{"repositories": "team/*", "keep_last": 3}]
    made = Environment("pulling", {**args(), "images": {"retention": {"policies": policies}}})

    def check(_: Any) -> None:
        (inputs,) = recorder.of_type("images:ImageDeletion").values()
        assert inputs["deletions"] == {}
        (warning,) = said
        assert warning.startswith("10.0.0.1:6000: the stack's outputs `registry` and `credentials` are not this")

    return made.images.apply(check)


class TestKnown:
    def test_whole_numbers_are_integers_again(self) -> None:
        assert known({"port": 6000.0, "share": 0.5, "of": [1.0, "1.0"]}, "registry") == {
            "port": 6000,
            "share": 0.5,
            "of": [1, "1.0"],
        }

    async def test_what_the_engine_sent_with_its_value_is_taken_out(self) -> None:
        assert known({"password": sent("word", secret=True), "port": sent(6000.0)}, "a") == {
            "password": "word",
            "port": 6000,
        }

    async def test_what_it_does_not_know_is_named(self) -> None:
        with pytest.raises(SettingsError, match=r"nodes\.members\.a\.address: is not known yet; settings decide"):
            known({"members": {"a": {"address": sent(None, is_known=False)}}}, "nodes")
        with pytest.raises(SettingsError, match=r"accounts\[0\]: is not known yet"):
            known([UNKNOWN], "accounts")

    async def test_an_output_of_the_same_program_is_named_without_its_value(self) -> None:
        with pytest.raises(SettingsError, match=r"password: is an output of this program") as caught:
            known(pulumi.Output.secret("the-word"), "password")
        assert "the-word" not in str(caught.value)


def sent(value: Any, *, is_known: bool = True, secret: bool = False) -> pulumi.Output[Any]:
    """Make an output as the SDK makes one of what the engine sends to a provider."""
    struct = struct_pb2.Struct()
    struct.update({"secret": secret, **({"value": value} if is_known else {})})
    return rpc.deserialize_output_value(struct)
