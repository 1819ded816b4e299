"""`Credentials`: slots, keepers, hashes, secrets."""

from typing import Any

import bcrypt
import pulumi
from pydantic import SecretStr

from components.credentials import Credentials
from towpath.settings.accounts import Account


@pulumi.runtime.test
def test_a_made_password_is_hashed_at_its_low_cost(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci")])

    def check(parts: list[Any]) -> None:
        htpasswd, logins = parts
        assert logins == {"ci": {"username": "ci.1", "password": "password of credentials-ci.1"}}
        user, hashed = htpasswd.strip().split(":")
        assert user == "ci.1"
        assert hashed.startswith("$2b$05$")
        assert bcrypt.checkpw(b"password of credentials-ci.1", hashed.encode())
        password = recorder.of_type(":RandomPassword")["credentials-ci.1"]
        assert password == {"length": 32, "special": False, "keepers": {"rotation": "1"}}

    return pulumi.Output.all(credentials.htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
def test_after_a_rotation_both_slots_may_log_in(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", rotation=2)])

    def check(parts: list[Any]) -> None:
        htpasswd, logins = parts
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.2", "ci.1"]
        assert logins["ci"]["username"] == "ci.2"
        keepers = {name: inputs["keepers"] for name, inputs in recorder.of_type(":RandomPassword").items()}
        assert keepers == {"credentials-ci.2": {"rotation": "2"}, "credentials-ci.1": {"rotation": "1"}}

    return pulumi.Output.all(credentials.htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
def test_a_rotation_that_the_settings_know_no_more_still_has_its_slot(recorder: Any) -> pulumi.Output[None]:
    """An account that rotated by time, and then was told not to."""
    recorder.answers["credentials-ci-rotation"] = {"number": 2}
    credentials = Credentials("credentials", [Account(name="ci")])

    def check(parts: list[Any]) -> None:
        htpasswd, logins = parts
        assert logins == {"ci": {"username": "ci.2", "password": "password of credentials-ci.2"}}
        assert [line.split(":")[0] for line in htpasswd.splitlines()] == ["ci.2", "ci.1"]

    return pulumi.Output.all(credentials.htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
def test_a_given_password_is_not_replaced_by_a_made_one(recorder: Any) -> pulumi.Output[None]:
    credentials = Credentials("credentials", [Account(name="ci", password=SecretStr("hunter2"))])

    def check(parts: list[Any]) -> None:
        htpasswd, logins = parts
        assert logins["ci"] == {"username": "ci.1", "password": "hunter2"}
        assert htpasswd.startswith("ci.1:$2b$12$")
        assert not recorder.of_type(":RandomPassword")

    return pulumi.Output.all(credentials.htpasswd, credentials.logins).apply(check)


@pulumi.runtime.test
async def test_logins_and_htpasswd_are_secret(recorder: Any) -> None:
    credentials = Credentials("credentials", [Account(name="ci", password=SecretStr("hunter2"))])
    assert await credentials.htpasswd.is_secret()
    assert await credentials.logins.is_secret()
