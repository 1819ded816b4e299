"""Inputs, quantities and paths in the one spelling that the API server and the engine use."""

import base64
from typing import Any

import pytest

from engine.plugins.kubernetes.gvk import gvk_of
from engine.plugins.kubernetes.normalisation import normalise
from engine.plugins.kubernetes.paths import contains, parse_path
from engine.plugins.kubernetes.quantity import canonical


def document(kind: str, api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "n", "namespace": "x"}, **fields}


def test_spelling_alone_is_no_change() -> None:
    secret = document("Secret", stringData={"a": "text"}, data={"b": "MQ==\n"})
    live = document("Secret", data={"a": base64.b64encode(b"text").decode(), "b": "MQ=="})
    assert normalise(secret, gvk_of(secret, "")) == live
    claim = document("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1024Mi"}}})
    assert normalise(claim, gvk_of(claim, ""))["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    settings = document("ConfigMap", data={"limits": "1024Mi"})
    assert normalise(settings, gvk_of(settings, "")) == settings


def test_a_server_s_metadata_is_not_an_input() -> None:
    read = document("Thing", "x.test/v1")
    read["metadata"] |= {"uid": "u", "resourceVersion": "1", "generation": 2, "labels": {"a": "b"}}
    assert normalise(read, gvk_of(read, ""))["metadata"] == {"name": "n", "namespace": "x", "labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("100Mi", "100Mi"),
        ("2048Ki", "2Mi"),
        ("0.5Gi", "512Mi"),
        ("1e3", "1e3"),
        ("1000000", "1M"),
        ("0", "0"),
        ("0Mi", "0"),
        ("1.5k", "1500"),
        (2, "2"),
        ("abc", "abc"),
        ("-1000m", "-1"),
        ("1Ki", "1Ki"),
        ("1023", "1023"),
        ("0.1n", "1n"),
    ],
)
def test_quantities_are_spelled_as_the_server_does(given_text: Any, kept: str) -> None:
    assert canonical(given_text) == kept
    assert canonical(kept) == kept


def test_paths_are_read_and_compared() -> None:
    assert parse_path('spec.containers[0]["a.\\"b"].x') == ("spec", "containers", 0, 'a."b', "x")
    assert contains(parse_path("spec.containers[*].image"), parse_path("spec.containers[3].image.tag"))
    assert not contains(parse_path("spec.a.b"), parse_path("spec.a"))
