"""The token that every POST of the board must bring."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_nonce() -> str:
    """What a browser keeps in a cookie, so that a token is of use to nobody else."""
    return secrets.token_urlsafe(24)


class Tokens:
    """Signs the form of one person in one browser. The secret lives as long as the process.

    No two tokens are alike: pages are sent compressed, and their length must tell nothing.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "<Tokens>"

    def of(self, user: str, nonce: str) -> str:
        """A token that belongs into the forms of this user's browser."""
        return self._sign(secrets.token_hex(8), user, nonce)

    def fits(self, token: str, user: str, nonce: str) -> bool:
        """True if a form was made for this user in this browser."""
        salt = token.partition(".")[0]
        return bool(nonce) and hmac.compare_digest(token.encode(), self._sign(salt, user, nonce).encode())

    def _sign(self, salt: str, user: str, nonce: str) -> str:
        text = "\0".join((salt, user, nonce))
        return f"{salt}.{hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()}"
