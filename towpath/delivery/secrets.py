"""The secrets of a stack: what its settings, its configuration and its state hold, for those who must not show them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from towpath.accounts.slots import slot_user
from towpath.settings.settings import Settings
from towpath.settings.types import Section

# How a deployment marks a value: sdk/go/common/resource/sig of the engine.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 the mark of a secret, which is none itself
_SHORTEST_IN_STATE = 6
_SLOTS = (1, 2)
# Those of a user, and of an `auth-provider` of kind oidc (client-go, tools/clientcmd/api/v1).
_KUBECONFIG_SECRETS = frozenset(
    {"token", "password", "client-key-data", "id-token", "access-token", "refresh-token", "client-secret"}
)


def of_settings(settings: Settings) -> set[str]:
    """Return every value that the settings' models call secret."""
    return {leaf.get_secret_value() for _, leaf in _leaves(settings) if isinstance(leaf, SecretStr)}


def public_in(settings: Settings) -> set[str]:
    """Return every text of the settings that is no secret, such as addresses, and the names that follow from them."""
    slots = {slot_user(account.name, number) for account in settings.accounts for number in _SLOTS}
    registry = {settings.registry_host, settings.registry_endpoint} if settings.has_registry else set()
    return {leaf for _, leaf in _leaves(settings) if isinstance(leaf, str)} | slots | registry


def files_of(settings: Settings) -> list[str]:
    """Return the paths of the private keys that the settings name."""
    return sorted({leaf for name, leaf in _leaves(settings) if name == "private_key_file" and isinstance(leaf, str)})


def of_kubeconfig(text: str) -> set[str]:
    """Return what a kubeconfig's users log in with; nothing if it cannot be read, which others say better."""
    import yaml  # noqa: PLC0415 only stacks with a cluster need it

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return set()
    return {leaf for name, leaf in _leaves(document) if name in _KUBECONFIG_SECRETS and isinstance(leaf, str)}


def of_configuration(entries: Mapping[str, Any], file: Mapping[str, Any]) -> set[str]:
    """Return what is encrypted in the settings `file`, decrypted.

    `entries` is `pulumi config --json --show-secrets`, by key: `value`, and beside it `objectValue` if it is an object.
    An entry is marked as secret as a whole if any leaf of it is, so the leaves are found by the file's `secure:`.
    """
    found: set[str] = set()
    for key, written in (file.get("config") or {}).items():
        entry = entries.get(key) or entries.get(f"towpath:{key}") or {}
        found |= set(_texts(_decrypted(written, entry.get("objectValue", entry.get("value")))))
    return found


def of_state(deployment: Any, public: Iterable[str] = ()) -> set[str]:  # noqa: ANN401 a JSON value
    """Return the texts inside of every secret of `pulumi stack export --show-secrets`, without those that are public.

    A connection is secret as a whole, and its address and user are no secrets: `public` has such texts. What is shorter
    than six characters is left out, since nothing that is made is so short, while modes and numbers are.
    """
    texts = {text for secret in _secrets(deployment) for text in _texts(secret)}
    return {text for text in texts if len(text) >= _SHORTEST_IN_STATE} - set(public)


def _secrets(node: Any) -> Iterator[Any]:  # noqa: ANN401
    if isinstance(node, list):
        for each in node:
            yield from _secrets(each)
    elif isinstance(node, dict):
        if node.get(_SIGNATURE) == _SECRET:
            yield _plaintext(node)
        else:
            for each in node.values():
                yield from _secrets(each)


def _plaintext(node: Mapping[str, Any]) -> Any:  # noqa: ANN401
    text = node.get("plaintext", "null")
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _texts(node: Any) -> Iterator[str]:  # noqa: ANN401
    for _, leaf in _leaves(node):
        if isinstance(leaf, str):
            yield leaf
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            yield str(leaf)


def _decrypted(written: Any, value: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the leaves of `value` that stand as `{"secure": …}` in `written`."""
    if isinstance(written, dict) and set(written) == {"secure"}:
        yield value
    elif isinstance(written, dict) and isinstance(value, dict):
        for key, each in written.items():
            yield from _decrypted(each, value.get(str(key)))
    elif isinstance(written, list) and isinstance(value, list):
        for each, one in zip(written, value, strict=False):
            yield from _decrypted(each, one)


def _leaves(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield each leaf of models, mappings and lists, with the name of the key it stands under."""
    if isinstance(node, Section):
        for field in type(node).model_fields:
            yield from _leaves(getattr(node, field), field)
    elif isinstance(node, Mapping):
        for key, each in node.items():
            yield from _leaves(each, str(key))
    elif isinstance(node, list | tuple | Iterator):
        for each in node:
            yield from _leaves(each, name)
    else:
        yield name, node
