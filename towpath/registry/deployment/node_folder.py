"""The folder behind a local volume, as entries of a document on its node."""

from towpath.applier.entries import Directory, File, FileEntry

MARK = ".towpath-volume"
_MARK_TEXT = "A PersistentVolume of a cluster shows this folder to the registry's pods.\n"


def folder_entries(folder: str, user: str) -> tuple[FileEntry, ...]:
    """List the folder, as kubelet wants it for the pods' group, and a mark in it.

    With that mode kubelet changes nothing below (fsGroupChangePolicy OnRootMismatch). The mark keeps the teardown of a
    registry's container that used the folder before from removing it as empty, away from under the pods.
    """
    return (
        Directory(folder, mode="2770", owner=user),
        File(f"{folder}/{MARK}", _MARK_TEXT, mode="0660", owner=user),
    )
