"""The stack's configuration as the engine hands it over."""

from pulumi.runtime import config


def stack_configuration() -> dict[str, str]:
    """Return every key of the stack's configuration with its text, secrets decrypted.

    `pulumi.Config` reads keys that one knows; an unknown key can be refused only by one who sees them all.
    """
    return {**config.get_config_env(), **config.CONFIG.get()}
