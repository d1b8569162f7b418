"""JSON objects in files that only their owner can read, encrypted when a key is set.

The key is one that a person has chosen. A file that was sealed with another one, and a damaged one, are told apart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from shopdata.files import as_disk_error, write_private

_MAGIC = b"shopdata sealed 1\n"
_SALT_BYTES = 16
_CHECK_BYTES = 16
#: How every token of Fernet begins, until the year 2106.
_TOKEN_BEGINS = b"gAAAAA"


class UnreadableError(ValueError):
    """Raised where a file is damaged: whatever the key, it can't be read any more."""


class OtherKeyUsedError(UnreadableError):
    """Raised where a file is whole, and was sealed with another key."""


def new_salt() -> bytes:
    """For what is sealed together: to derive a key takes a twentieth of a second."""
    return secrets.token_bytes(_SALT_BYTES)


def salt_of(sealed: bytes) -> bytes:
    """That of something sealed."""
    return sealed.removeprefix(_MAGIC)[:_SALT_BYTES]


def seal(content: bytes, key: str, salt: bytes | None = None) -> bytes:
    """The content encrypted: a mark, a salt, what tells this key from another, and a token of Fernet."""
    salt = salt or new_salt()
    cipher, check = _keys(key, salt)
    return _MAGIC + salt + check + cipher.encrypt(content)


def unseal(sealed: bytes, key: str) -> bytes:
    """What was sealed.

    Raises:
        OtherKeyUsedError: it was sealed with another key.
        UnreadableError: its bytes have changed since.
    """
    has_mark, content = sealed.startswith(_MAGIC), sealed.removeprefix(_MAGIC)
    ends = _SALT_BYTES + (_CHECK_BYTES if has_mark else 0)
    check, token = content[_SALT_BYTES:ends], content[ends:]
    cipher, expected = _keys(key, content[:_SALT_BYTES])
    if has_mark and not hmac.compare_digest(check, expected):
        raise OtherKeyUsedError
    try:
        return cipher.decrypt(token)
    except InvalidToken:
        # Files from before there was a mark: all that can be said is whether this is a token at all.
        raise (UnreadableError if has_mark or not _is_token(token) else OtherKeyUsedError) from None


def is_sealed(content: bytes) -> bool:
    """True if this begins as a sealed file does; its first 64 bytes are enough."""
    return content.startswith(_MAGIC) or content[_SALT_BYTES:].startswith(_TOKEN_BEGINS)


@lru_cache(maxsize=2)
def _keys(key: str, salt: bytes) -> tuple[Fernet, bytes]:
    derived = hashlib.scrypt(key.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1, dklen=32)
    check = hmac.new(derived, b"which key it was", hashlib.sha256).digest()[:_CHECK_BYTES]
    return Fernet(base64.urlsafe_b64encode(derived)), check


def _is_token(token: bytes) -> bool:
    try:
        return token.startswith(_TOKEN_BEGINS) and len(base64.b64decode(token, altchars=b"-_", validate=True)) % 16 == 9
    except ValueError:
        return False


@dataclass(frozen=True)
class SecretFiles:
    """Reads and writes them with one key; without a key they are plain."""

    secret_key: str | None = field(default=None, repr=False)

    def read(self, path: Path) -> dict[str, Any]:
        """What a file holds, also one from before there was a key; empty if there is none.

        Raises:
            UnreadableError: it is damaged.
            OtherKeyUsedError: it was written with another key.
            DiskError: it may not be read.
        """
        with as_disk_error(path):
            if not path.exists():
                return {}
            content = path.read_bytes()
        try:
            data = json.loads(unseal(content, self.secret_key or "") if is_sealed(content) else content)
        except UnreadableError:
            raise
        except (ValueError, RecursionError):
            # Also what is no UTF-8.
            raise UnreadableError(path.name) from None
        if not isinstance(data, dict):
            raise UnreadableError(path.name)
        return data

    def write(self, path: Path, data: dict[str, Any]) -> None:
        """Replaces a file.

        Raises:
            DiskError: the disk is full, or may not be written.
        """
        content = json.dumps(data, ensure_ascii=False).encode()
        write_private(path, seal(content, self.secret_key) if self.secret_key else content)


def is_encrypted(path: Path) -> bool:
    """True for a file that was written with a key."""
    with path.open("rb") as file:
        return is_sealed(file.read(64))
