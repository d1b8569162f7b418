"""Sealed files: encrypted with a key that a person has chosen. Another key and a damaged file are told apart."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken

_MAGIC = b"shopdata sealed 1\n"
_SALT_BYTES = 16
_CHECK_BYTES = 16
#: How every token of Fernet begins, until the year 2106.
_TOKEN_BEGINS = b"gAAAAA"


class UnreadableError(ValueError):
    """Raised where a file is damaged: whatever the key, it can't be read any more."""


class OtherKeyUsedError(UnreadableError):
    """Raised where a file is whole, and was sealed with another key."""


def seal(content: bytes, key: str) -> bytes:
    """The content encrypted: a mark, a salt, what tells this key from another, and a token of Fernet."""
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher, check = _keys(key, salt)
    return _MAGIC + salt + check + cipher.encrypt(content)


def unseal(sealed: bytes, key: str) -> bytes:
    """What was sealed.

    Raises:
        OtherKeyUsedError: it was sealed with another key.
        UnreadableError: its bytes have changed since.
    """
    has_mark = sealed.startswith(_MAGIC)
    salt, rest = _split(sealed.removeprefix(_MAGIC), _SALT_BYTES)
    check, token = _split(rest, _CHECK_BYTES if has_mark else 0)
    cipher, expected = _keys(key, salt)
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


def _split(content: bytes, length: int) -> tuple[bytes, bytes]:
    return content[:length], content[length:]


def _keys(key: str, salt: bytes) -> tuple[Fernet, bytes]:
    derived = hashlib.scrypt(key.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1, dklen=32)
    check = hmac.new(derived, b"which key it was", hashlib.sha256).digest()[:_CHECK_BYTES]
    return Fernet(base64.urlsafe_b64encode(derived)), check


def _is_token(token: bytes) -> bool:
    try:
        return token.startswith(_TOKEN_BEGINS) and len(base64.b64decode(token, altchars=b"-_", validate=True)) % 16 == 9
    except ValueError:
        return False
