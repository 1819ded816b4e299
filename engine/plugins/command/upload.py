"""Copying a text, a file or a folder to a remote host over SFTP.

Where things go is the official plugin's rule. With `dest` the remote path:

    source   dest is a folder    dest does not exist   dest is a file
    folder   dest/folder         dest/folder           error
    folder/  what is in it: dest/…  dest/…             error
    file     dest/file           dest                  dest, overwritten
    text     error               dest                  dest, overwritten

Only the last part of `dest` is made. Files get the server's default mode; links to files are followed.
"""

import asyncio
import contextlib
import posixpath
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh

from engine.plugins.command.errors import UploadError


async def upload_text(connection: asyncssh.SSHClientConnection, text: str, destination: str) -> None:
    """Write `text` (UTF-8) to the remote file `destination`. Raises `UploadError`."""
    async with _session(connection) as sftp:
        if await _is_folder(sftp, destination):
            raise UploadError(f"remote path {destination} is a folder; for a text asset remotePath must name a file")
        await _write(sftp, destination, text.encode())


async def upload_path(connection: asyncssh.SSHClientConnection, source: str, destination: str) -> None:
    """Copy the local file or folder `source` by the module's table. Raises `UploadError`."""
    async with _session(connection) as sftp:
        if not await asyncio.to_thread(Path(source).is_dir):
            in_folder = await _is_folder(sftp, destination)
            target = posixpath.join(destination, Path(source).name) if in_folder else destination
            await _put(sftp, Path(source), target)
            return
        await _make_folder(sftp, destination)
        if not source.endswith("/"):
            destination = posixpath.join(destination, Path(source).name)
        for path, target, is_folder in await asyncio.to_thread(_walk, Path(source), destination):
            await (_make_folder(sftp, target) if is_folder else _put(sftp, path, target))


@contextlib.asynccontextmanager
async def _session(connection: asyncssh.SSHClientConnection) -> AsyncIterator[asyncssh.SFTPClient]:
    try:
        sftp = await connection.start_sftp_client()
    except (OSError, asyncssh.Error) as error:
        raise UploadError(
            f"the server does not offer SFTP ({error}); set `Subsystem sftp internal-sftp` in its sshd_config"
        ) from error
    async with sftp:
        yield sftp


def _walk(source: Path, destination: str) -> list[tuple[Path, str, bool]]:
    """All below `source`, itself first: local path, remote path, whether it is a folder (a link is none)."""
    found = [(source, destination, True)]
    for path in sorted(source.iterdir()):
        target = posixpath.join(destination, path.name)
        if path.is_dir() and not path.is_symlink():
            found += _walk(path, target)
        else:
            found.append((path, target, False))
    return found


async def _is_folder(sftp: asyncssh.SFTPClient, path: str) -> bool | None:
    """Whether `path` is a folder; None if there is nothing."""
    try:
        attributes = await sftp.stat(path)
    except asyncssh.SFTPNoSuchFile:
        return None
    except asyncssh.SFTPError as error:
        raise UploadError(f"failed to stat remote path {path}: {error.reason}") from error
    return attributes.permissions is not None and stat.S_ISDIR(attributes.permissions)


async def _make_folder(sftp: asyncssh.SFTPClient, path: str) -> None:
    found = await _is_folder(sftp, path)
    if found:
        return
    if found is False:
        raise UploadError(f"remote path {path} exists but is not a folder")
    try:
        await sftp.mkdir(path)
    except asyncssh.SFTPError as error:
        raise UploadError(f"failed to create remote folder {path}: {error.reason}") from error


async def _write(sftp: asyncssh.SFTPClient, path: str, data: bytes) -> None:
    try:
        async with sftp.open(path, "wb") as file:
            await file.write(data)
    except asyncssh.SFTPError as error:
        raise UploadError(f"failed to write remote file {path}: {error.reason}") from error


async def _put(sftp: asyncssh.SFTPClient, source: Path, target: str) -> None:
    try:
        await sftp.put(str(source), target)
    except (asyncssh.SFTPError, asyncssh.Error) as error:
        raise UploadError(f"failed to copy {source} to remote path {target}: {error.reason}") from error
    except OSError as error:
        raise UploadError(f"cannot read {source}: {error.strerror}") from error
