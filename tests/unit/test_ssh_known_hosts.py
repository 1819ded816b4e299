"""Machines in a known_hosts file, plain, by wildcard and hashed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from towpath.ssh.known_hosts import host_key_for

ED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFirst"
RSA = "ssh-rsa AAAAB3NzaC1yc2ESecond"


@pytest.mark.parametrize(
    ("line", "host", "port", "found"),
    [
        (f"10.0.0.5 {ED} comment", "10.0.0.5", 22, True),
        (f"node-1,10.0.0.5 {ED}", "10.0.0.5", 22, True),
        (f"Node-1 {ED}", "node-1", 22, True),
        (f"[10.0.0.5]:2222 {ED}", "10.0.0.5", 2222, True),
        (f"[10.0.0.5]:2222 {ED}", "10.0.0.5", 22, False),
        (f"10.0.0.5 {ED}", "10.0.0.5", 2222, False),
        (f"*.example.com,!bad.example.com {ED}", "good.example.com", 22, True),
        (f"*.example.com,!bad.example.com {ED}", "bad.example.com", 22, False),
        (f"[*.example.com]:2222 {ED}", "a.example.com", 2222, True),
        (f"[fe80::1]:2222 {ED}", "fe80::1", 2222, True),
        (f"# 10.0.0.5 {ED}", "10.0.0.5", 22, False),
        (f"@revoked 10.0.0.5 {ED}", "10.0.0.5", 22, False),
        ("10.0.0.5 ssh-ed25519", "10.0.0.5", 22, False),
        (f"|1|broken {ED}", "10.0.0.5", 22, False),
        ("10.0.0.5 ssh-dss AAAA", "10.0.0.5", 22, False),
        ("", "10.0.0.5", 22, False),
    ],
)
def test_an_entry_counts_for_its_hosts(line: str, host: str, port: int, found: bool) -> None:
    assert host_key_for(line, host, port) == (ED if found else None)


def test_the_strongest_of_several_kinds_is_taken() -> None:
    assert host_key_for(f"a {RSA}\na {ED}\n", "a") == ED
    assert host_key_for(f"a {RSA}\n", "a") == RSA


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's ssh-keygen makes the hashes")
@pytest.mark.parametrize(
    ("name", "host", "port"), [("10.0.0.5", "10.0.0.5", 22), ("[n.example]:2222", "n.example", 2222)]
)
def test_hashed_entries_as_openssh_writes_them(tmp_path: Path, name: str, host: str, port: int) -> None:
    file = tmp_path / "known_hosts"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    key = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    file.write_text(f"{name} {key}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    assert name not in file.read_text()
    assert host_key_for(file.read_text(), host, port) == key
    assert host_key_for(file.read_text(), "other", port) is None
