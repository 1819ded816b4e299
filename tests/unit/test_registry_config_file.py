"""The server's config file: the by-hand procedure's content, rendered whole."""

import yaml

from towpath.registry.config import render_config
from towpath.settings.registry import Registry


def rendered(**settings: object) -> dict[str, dict[str, object]]:
    return yaml.safe_load(render_config(Registry.model_validate(settings), "shh"))  # type: ignore[no-any-return]


def test_the_defaults_are_the_by_hand_procedures() -> None:
    config = rendered()
    assert config["storage"]["delete"] == {"enabled": True}
    assert config["storage"]["cache"] == {"blobdescriptor": "inmemory"}
    assert config["auth"] == {"htpasswd": {"realm": "Registry Realm", "path": "/auth/htpasswd"}}
    assert config["http"]["headers"] == {"X-Content-Type-Options": ["nosniff"]}
    assert config["http"]["addr"] == "0.0.0.0:443"
    assert config["health"]["storagedriver"] == {"enabled": True, "interval": "10s", "threshold": 3}
    assert config["log"]["fields"] == {"service": "registry"}


def test_settings_reach_the_file() -> None:
    config = rendered(
        realm='A: "quoted" realm', container_port=5000, delete_enabled=False, blob_descriptor_cache="none"
    )
    assert config["auth"]["htpasswd"]["realm"] == 'A: "quoted" realm'  # type: ignore[index]
    assert config["http"]["addr"] == "0.0.0.0:5000"
    assert config["storage"]["delete"] == {"enabled": False}
    assert "cache" not in config["storage"]
