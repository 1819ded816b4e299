"""Small tar archives in memory: how files with an owner and a mode get into a container."""

import io
import tarfile
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Member:
    """One file, or a directory where `content` is None; `path` is absolute in the container."""

    path: str
    content: bytes | None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    @classmethod
    def directory(cls, path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Self:
        """Make a directory."""
        return cls(path, None, mode, uid, gid)


def pack(members: list[Member]) -> bytes:
    """Return an uncompressed tar archive of the members, in their order, without timestamps."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            info = tarfile.TarInfo(member.path.lstrip("/"))
            info.mode, info.uid, info.gid = member.mode, member.uid, member.gid
            if member.content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(member.content)
                archive.addfile(info, io.BytesIO(member.content))
    return buffer.getvalue()
