"""Keys for one purpose each, out of the secret text that a person has chosen."""

from __future__ import annotations

import hashlib
from functools import lru_cache


@lru_cache(maxsize=8)
def derived_key(secret_key: str, purpose: str) -> bytes:
    """The same on every machine with that text; 32 bytes.

    It takes a twentieth of a second: whoever sees what was made with it can try no more texts than of what is sealed.
    """
    salt = f"shopdata {purpose}".encode()
    return hashlib.scrypt(secret_key.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1, dklen=32)
