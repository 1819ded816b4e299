"""The static volumes: which there are, and which are offered again after their claim is gone."""

from typing import Any

from lab.cluster import volumes


def found(name: str, phase: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"phase": phase}}


def test_each_volume_is_a_folder_of_the_node_it_is_bound_to() -> None:
    objects = [each for each in volumes.objects(["node-1", "node-2"]) if each["kind"] == "PersistentVolume"]

    places = {
        (each["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"][0], path)
        for each in objects
        for path in [each["spec"]["local"]["path"]]
    }
    assert len(places) == len(objects) == 2 * volumes.PER_NODE
    assert all(path in volumes.folders(node) for node, path in places)


def test_a_folder_is_made_after_the_one_it_is_in() -> None:
    folders = volumes.folders("node-1")

    assert all(folders.index(folder.rpartition("/")[0]) < folders.index(folder) for folder in folders[1:])


def test_only_released_volumes_of_the_labs_own_are_offered_again() -> None:
    own, foreign, gone = "node-1-volume-1", "somebody-elses", "node-9-volume-1"
    others = [
        found("node-1-volume-2", "Bound"),
        found("node-1-volume-3", "Available"),
        found("node-1-volume-4", "Failed"),
    ]
    listed = [found(own, "Released"), *others, found(foreign, "Released"), found(gone, "Released")]

    assert volumes.released(listed, ["node-1", "node-2"]) == {own: "node-1"}
