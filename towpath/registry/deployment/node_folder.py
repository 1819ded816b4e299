"""The folder behind a local volume, as entries of a document on its node."""

from towpath.applier.entries import Directory, File, FileEntry

MARK = ".towpath-volume"
_MARK_TEXT = "A PersistentVolume of a cluster shows this folder to the registry's pods.\n"


def folder_entries(folder: str, user: str) -> tuple[FileEntry, ...]:
    """List the folder, as a registry's container has it too, and a mark in it.

    The mark keeps the teardown of a container that used the folder before from removing it as empty, away from under
    the pods.
    """
    return (
        Directory(folder, mode="0750", owner=user),
        File(f"{folder}/{MARK}", _MARK_TEXT, mode="0444", owner=user),
    )
