"""What tells whether a shop's credentials are those that were refused, without keeping them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from shopdata.config import Shop

_SALT_BYTES = 16


def fingerprint_of(shop: Shop) -> str:
    """That of a shop's credentials as they are now: a salt, and what scrypt makes of them, in hexadecimal."""
    return _fingerprint(shop, secrets.token_hex(_SALT_BYTES))


def is_fingerprint_of(shop: Shop, known: str) -> bool:
    """True if a fingerprint was made of the credentials that the shop has now."""
    return hmac.compare_digest(known, _fingerprint(shop, known[: 2 * _SALT_BYTES]))


def _fingerprint(shop: Shop, salt: str) -> str:
    # A shop that waits for a choice among several is asked again once it says which.
    said = [shop.username, shop.password.get_secret_value(), *filter(None, (shop.portal_shop, shop.portal_name))]
    return salt + _hashed("\0".join(said).encode(), salt)


@lru_cache(maxsize=1024)
def _hashed(text: bytes, salt: str) -> str:
    # A twentieth of a second, which a run asks for at each cell of a shop that waits for a person.
    return hashlib.scrypt(text, salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
