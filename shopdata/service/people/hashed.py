"""Passwords as they are kept: what scrypt makes of them, in the form of PHC (`$scrypt$ln=…,r=…,p=…$salt$hash`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata

#: A third of a second and 32 MB for each guess.
_LOG_N, _R, _P = 15, 8, 3
_SALT_BYTES, _HASH_BYTES = 16, 32
_FORM = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{43})")
#: What a line may ask of this machine, whoever has written it.
_MOST_LOG_N, _MOST_R, _MOST_P = 18, 16, 16


def hashed(password: str) -> str:
    """What is kept of a password; never twice the same."""
    salt = secrets.token_bytes(_SALT_BYTES)
    kept = _scrypt(password, salt, _LOG_N, _R, _P)
    return f"$scrypt$ln={_LOG_N},r={_R},p={_P}${_plain(salt)}${_plain(kept)}"


def is_hash(text: str) -> bool:
    """True for what `hashed` makes, here or in another program."""
    return _parts(text) is not None


def fits(password: str, kept: str) -> bool:
    """True if this was made of that password. Takes a third of a second: call it in a thread."""
    parts = _parts(kept)
    if parts is None:
        return False
    log_n, r, p, salt, wanted = parts
    return hmac.compare_digest(_scrypt(password, salt, log_n, r, p), wanted)


def _parts(text: str) -> tuple[int, int, int, bytes, bytes] | None:
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    log_n, r, p = (int(number) for number in found.groups()[:3])
    if not (0 < log_n <= _MOST_LOG_N and 0 < r <= _MOST_R and 0 < p <= _MOST_P):
        return None
    try:
        salt, kept = (base64.b64decode(part + "=" * (-len(part) % 4), validate=True) for part in found.groups()[3:])
    except binascii.Error:
        return None
    return log_n, r, p, salt, kept


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    # One keyboard writes é as one sign, another as two.
    text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")
    room = 128 * r * (2**log_n + p + 2)
    return hashlib.scrypt(text, salt=salt, n=2**log_n, r=r, p=p, maxmem=room, dklen=_HASH_BYTES)


def _plain(content: bytes) -> str:
    return base64.b64encode(content).decode().rstrip("=")
