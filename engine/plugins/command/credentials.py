"""Keys of a connection, read: the host key to expect, the client keys to offer."""

import contextlib
import os
from collections.abc import AsyncIterator

import asyncssh

from engine.plugins.command.connection import Endpoint
from engine.plugins.command.errors import CredentialError


def host_key(endpoint: Endpoint) -> asyncssh.SSHKey | None:
    """Read the host key that the server must show; None if none is given."""
    if endpoint.host_key is None:
        return None
    try:
        return asyncssh.import_public_key(endpoint.host_key.strip())
    except asyncssh.KeyImportError as error:
        raise CredentialError(
            f"{endpoint.label}: hostKey is not a public key; it must be a line such as 'ssh-ed25519 AAAA…', "
            "as `ssh-keyscan` prints it behind the host name"
        ) from error


def private_key(endpoint: Endpoint) -> asyncssh.SSHKey | None:
    """Read and decrypt the private key of the connection; None if none is given."""
    if not endpoint.private_key:
        return None
    try:
        return asyncssh.import_private_key(endpoint.private_key.strip() + "\n", endpoint.private_key_password)
    except asyncssh.KeyEncryptionError as error:
        raise CredentialError(
            f"{endpoint.label}: privateKey is encrypted and privateKeyPassword does not open it; set the right password"
        ) from error
    except asyncssh.KeyImportError as error:
        hint = "" if endpoint.private_key_password else "; if it is encrypted, set privateKeyPassword"
        raise CredentialError(
            f"{endpoint.label}: privateKey is no private key in OpenSSH or PEM form, with BEGIN and END lines{hint}"
        ) from error


@contextlib.asynccontextmanager
async def agent_keys(endpoint: Endpoint) -> AsyncIterator[list[asyncssh.SSHKeyPair]]:
    """Hold the agent that the connection or `SSH_AUTH_SOCK` names open, and give its keys; none without an agent.

    An agent that does not answer is an error only where nothing else could log in: the official plugin fails in any
    case, but a socket left over from a closed session is no reason to refuse a key that is given.
    """
    path = endpoint.agent_socket or os.environ.get("SSH_AUTH_SOCK")
    async with contextlib.AsyncExitStack() as stack:
        keys: list[asyncssh.SSHKeyPair] = []
        try:
            if path:
                keys = list(await (await stack.enter_async_context(asyncssh.connect_agent(path))).get_keys())
        except (OSError, ValueError, asyncssh.Error) as error:
            if not endpoint.private_key and not endpoint.password:
                named_by = "agentSocketPath" if endpoint.agent_socket else "SSH_AUTH_SOCK"
                raise CredentialError(
                    f"{endpoint.label}: SSH agent {path} ({named_by}) does not answer; start it, or set privateKey"
                ) from error
        yield keys
