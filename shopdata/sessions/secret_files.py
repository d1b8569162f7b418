"""What is encrypted with a key that a person has chosen.

What was sealed with another one, and what is damaged, are told apart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

_MAGIC = b"shopdata sealed 1\n"
SALT_BYTES = 16
_CHECK_BYTES = 16
#: How every token of Fernet begins, until the year 2106.
_TOKEN_BEGINS = b"gAAAAA"
#: By key and salt: of those that want the same, one derives it.
_DERIVING: dict[tuple[str, bytes], threading.Lock] = {}


class UnreadableError(ValueError):
    """Raised where a file is damaged: whatever the key, it can't be read any more."""


class OtherKeyUsedError(UnreadableError):
    """Raised where a file is whole, and was sealed with another key."""


def new_salt() -> bytes:
    """For what is sealed together: to derive a key takes a twentieth of a second."""
    return secrets.token_bytes(SALT_BYTES)


def salt_of(sealed: bytes) -> bytes:
    """That of something sealed."""
    return sealed.removeprefix(_MAGIC)[:SALT_BYTES]


def seal(content: bytes, key: str, salt: bytes) -> bytes:
    """The content encrypted: a mark, a salt, what tells this key from another, and a token of Fernet."""
    cipher, check = _keys(key, salt)
    return _MAGIC + salt + check + cipher.encrypt(content)


def unseal(sealed: bytes, key: str) -> bytes:
    """What was sealed.

    Raises:
        OtherKeyUsedError: it was sealed with another key.
        UnreadableError: its bytes have changed since.
    """
    has_mark, content = sealed.startswith(_MAGIC), sealed.removeprefix(_MAGIC)
    ends = SALT_BYTES + (_CHECK_BYTES if has_mark else 0)
    check, token = content[SALT_BYTES:ends], content[ends:]
    if len(content) < ends:
        # What was cut off before its token says nothing of a key.
        raise UnreadableError
    cipher, expected = _keys(key, content[:SALT_BYTES])
    if has_mark and not hmac.compare_digest(check, expected):
        raise OtherKeyUsedError
    try:
        return cipher.decrypt(token)
    except InvalidToken:
        # Files from before there was a mark: all that can be said is whether this is a token at all.
        raise (UnreadableError if has_mark or not _is_token(token) else OtherKeyUsedError) from None


def is_sealed(content: bytes) -> bool:
    """True if this begins as a sealed file does; its first 64 bytes are enough."""
    return content.startswith(_MAGIC) or content[SALT_BYTES:].startswith(_TOKEN_BEGINS)


def is_encrypted(path: Path) -> bool:
    """True for a file that was written with a key."""
    with path.open("rb") as file:
        return is_sealed(file.read(64))


def _keys(key: str, salt: bytes) -> tuple[Fernet, bytes]:
    with _DERIVING.setdefault((key, salt), threading.Lock()):
        return _derived(key, salt)


@lru_cache(maxsize=1024)
def _derived(key: str, salt: bytes) -> tuple[Fernet, bytes]:
    derived = hashlib.scrypt(key.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1, dklen=32)
    check = hmac.new(derived, b"which key it was", hashlib.sha256).digest()[:_CHECK_BYTES]
    return Fernet(base64.urlsafe_b64encode(derived)), check


def _is_token(token: bytes) -> bool:
    try:
        return token.startswith(_TOKEN_BEGINS) and len(base64.b64decode(token, altchars=b"-_", validate=True)) % 16 == 9
    except ValueError:
        return False
