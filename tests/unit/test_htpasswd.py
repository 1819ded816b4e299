"""htpasswd: hashes that any bcrypt accepts, stable from run to run."""

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.registry.htpasswd import Login, bcrypt_hash, render_htpasswd

PASSWORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=18)


@settings(deadline=None)
@given(PASSWORDS, st.binary(min_size=16, max_size=16))
def test_a_hash_is_stable_and_opens_to_its_password_only(password: str, salt: bytes) -> None:
    hashed = bcrypt_hash(password, salt, 4)
    bcrypt_hash.cache_clear()
    assert hashed == bcrypt_hash(password, salt, 4)
    assert bcrypt.checkpw(password.encode(), hashed.encode())
    assert not bcrypt.checkpw(f"{password}x".encode(), hashed.encode())


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_the_whole_salt_counts(first: bytes, second: bytes) -> None:
    assert (bcrypt_hash("p", first, 4) == bcrypt_hash("p", second, 4)) == (first == second)


def test_a_salt_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes, not 4"):
        bcrypt_hash("p", b"salt", 4)


def test_the_file_has_a_line_a_login() -> None:
    logins = [Login("a.1", "one", b"0" * 16, 4), Login("b.1", "two", b"1" * 16, 5)]
    lines = render_htpasswd(logins).splitlines()
    assert [line.split(":")[0] for line in lines] == ["a.1", "b.1"]
    assert lines[1].split(":")[1].startswith("$2b$05$")
    assert bcrypt.checkpw(b"two", lines[1].split(":")[1].encode())


def test_a_login_does_not_print_its_password() -> None:
    assert "hunter2" not in repr(Login("a", "hunter2", b"0" * 16, 4))
