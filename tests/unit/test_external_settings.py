"""Settings of registries of providers: presets, and what is refused."""

import json

import pytest

from towpath.errors import SettingsError
from towpath.external.presets import config_key
from towpath.settings import Settings, load_settings

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def load(**registries: object) -> Settings:
    return load_settings(
        {
            "towpath:nodes": '{"members": {"node-1": {"address": "10.0.0.5"}}}',
            "towpath:accounts": '[{"name": "ci"}]',
            "towpath:external_registries": json.dumps(
                {name.replace("_", "."): each for name, each in registries.items()}
            ),
        }
    )


@pytest.mark.parametrize(
    ("host", "preset", "user", "command"),
    [
        (ECR, "ecr", "AWS", ("aws", "ecr", "get-login-password", "--region", "eu-west-1")),
        ("europe-docker.pkg.dev", "artifact-registry", "oauth2accesstoken", ("gcloud", "auth", "print-access-token")),
        (
            "acme.azurecr.io",
            "acr",
            "00000000-0000-0000-0000-000000000000",
            ("az", "acr", "login", "--name", "acme", "--expose-token", "--output", "tsv", "--query", "accessToken"),
        ),
    ],
)
def test_a_preset_brings_user_and_command(host: str, preset: str, user: str, command: tuple[str, ...]) -> None:
    registry = load(**{host: {"preset": preset}}).external_registries[host]
    assert (registry.user, registry.command_for(host), registry.spoken) == (user, command, "password")
    assert registry.token_minutes


def test_a_command_without_a_known_user_is_a_docker_helper() -> None:
    assert load(ghcr_io={"command": ["docker-credential-x"]}).external_registries["ghcr.io"].spoken == "docker-helper"


def test_docker_hub_has_a_key_of_its_own() -> None:
    assert config_key("docker.io") == "https://index.docker.io/v1/"
    assert config_key("ghcr.io") == "ghcr.io"


@pytest.mark.parametrize(
    ("registries", "says"),
    [
        ({"ghcr_io": {"username": "u", "password": "sesame", "command": ["x"]}}, "both password and command"),
        ({"ghcr_io": {}}, "neither password nor command"),
        ({"r_test": {"preset": "ecr"}}, "neither password nor command"),
        ({"ghcr_io": {"password": "sesame"}}, "a password but no username"),
        ({"ghcr_io": {"command": []}}, "command is empty"),
        ({"ghcr_io": {"command": ["x"], "answer": "password"}}, "username is missing"),
        ({"r_test": {"preset": "ghcr", "username": "u", "password": "sesame"}}, "preset ghcr is for ghcr.io"),
        ({"r_test": {"preset": "harbor", "username": "ci", "password": "sesame"}}, "robot[$]NAME"),
        ({"https://ghcr.io": {"username": "u", "password": "sesame"}}, "is no registry's host"),
    ],
)
def test_what_cannot_work_is_refused(registries: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        load(**registries)
    assert "sesame" not in str(caught.value)
