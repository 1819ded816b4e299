"""Where the secrets of a stack are found."""

import json

from towpath.delivery import secrets
from towpath.settings import load_settings

SETTINGS = load_settings(
    {
        "towpath:proxy": json.dumps({"http": "http://u:proxy-pass@proxy:3128"}),
        "towpath:nodes": json.dumps(
            {
                "ssh": {
                    "user": "deploy",
                    "private_key_file": ".towpath/key",
                    "sudo": "password",
                    "sudo_password": "sudo-pass",
                },
                "members": {"node-1": {"address": "10.20.0.11"}},
            }
        ),
        "towpath:accounts": json.dumps([{"name": "ci", "password": "pw"}]),
    }
)


def marked(value: object) -> dict[str, str]:
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(value),
    }


def test_what_the_models_call_secret() -> None:
    assert secrets.of_settings(SETTINGS) == {"http://u:proxy-pass@proxy:3128", "sudo-pass", "pw"}
    assert secrets.files_of(SETTINGS) == [".towpath/key"]
    public = secrets.public_in(SETTINGS)
    assert {"deploy", "10.20.0.11", "ci", "ci.1", "ci.2", "10.20.0.11:6000"} <= public
    assert not public & secrets.of_settings(SETTINGS)


def test_what_is_encrypted_in_the_file() -> None:
    file = {
        "encryptionsalt": "v1:x",
        "config": {
            "towpath:accounts": [{"name": "ci", "password": {"secure": "v1:a"}}, {"name": "pods"}],
            "aws:secretKey": {"secure": "v1:b"},
            "towpath:registry": {"port": 6000},
        },
    }
    accounts = [{"name": "ci", "password": "given-pass"}, {"name": "pods"}]
    entries = {
        "towpath:accounts": {"value": json.dumps(accounts), "objectValue": accounts, "secret": True},
        "aws:secretKey": {"value": "aws-pass", "secret": True},
        "towpath:registry": {"value": '{"port":6000}', "objectValue": {"port": 6000}, "secret": False},
    }
    assert secrets.of_configuration(entries, file) == {"given-pass", "aws-pass"}
    assert secrets.of_configuration({}, file) == set()
    assert secrets.of_configuration({}, {}) == set()


def test_what_is_secret_in_the_state() -> None:
    state = {
        "deployment": {
            "resources": [
                {"outputs": {"result": marked("made-pass"), "length": 32, "public": "visible-text"}},
                {"inputs": {"connection": marked({"host": "10.20.0.11", "user": "deploy", "privateKey": "KEY-TEXT"})}},
                {"inputs": {"modes": marked(["0600", "root", 22, True, 12345678])}},
                {"inputs": {"broken": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}}},
                {"inputs": {"asset": {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"}}},
            ]
        }
    }
    found = secrets.of_state(state, secrets.public_in(SETTINGS))
    assert found == {"made-pass", "KEY-TEXT", "12345678"}


def test_who_logs_in_by_a_kubeconfig() -> None:
    text = json.dumps(
        {
            "clusters": [{"cluster": {"server": "https://api:6443"}}],
            "users": [
                {"user": {"token": "tok", "client-key-data": "a2V5", "client-certificate-data": "Y2VydA=="}},
                {"user": {"auth-provider": {"name": "oidc", "config": {"client-id": "me", "refresh-token": "ref"}}}},
            ],
        }
    )
    assert secrets.of_kubeconfig(text) == {"tok", "a2V5", "ref"}
    assert secrets.of_kubeconfig("{") == set()
