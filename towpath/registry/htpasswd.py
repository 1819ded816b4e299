"""The htpasswd file: a line `user:hash` an account slot, bcrypt only, as the registry server wants it."""

from dataclasses import dataclass
from functools import lru_cache

import bcrypt

_SALT_BYTES = 16
_BCRYPT_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, repr=False)
class Login:
    """A user name with its password and the random bytes that salt its hash."""

    user: str
    password: str
    salt: bytes
    cost: int


@lru_cache(maxsize=1024)
def bcrypt_hash(password: str, salt: bytes, cost: int) -> str:
    """Hash a password with a given salt of 16 bytes: the same from run to run, so that no diff appears.

    Format `$2b$<cost>$<22 characters of salt><31 of hash>` (crypt(5), bcrypt). Raises ValueError for a salt of another
    size. Passwords of more than 72 bytes are refused by bcrypt itself.
    """
    if len(salt) != _SALT_BYTES:
        raise ValueError(f"a bcrypt salt has {_SALT_BYTES} bytes, not {len(salt)}")
    return bcrypt.hashpw(password.encode(), f"$2b${cost:02d}$".encode() + _encode(salt)).decode()


def render_htpasswd(logins: list[Login]) -> str:
    """Render the file, a line a login, in the order given."""
    return "".join(f"{login.user}:{bcrypt_hash(login.password, login.salt, login.cost)}\n" for login in logins)


def _encode(salt: bytes) -> bytes:
    """Encode bytes by bcrypt's own base64: six bits a character, most significant first, no padding."""
    bits = int.from_bytes(salt, "big") << 4
    return bytes(_BCRYPT_ALPHABET[(bits >> shift) & 0x3F] for shift in range(126, -1, -6))
