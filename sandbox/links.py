"""Pre-signed links to a storage host: whoever has one may fetch the file, without cookies, for a time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlencode


class LinkSigner:
    """Signs the paths of a storage host for a time. A restarted sandbox signs with another key."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def sign(self, path: str, seconds: float) -> str:
        """The path with `Expires` and `Signature` in its query."""
        expires = str(int(time.time() + seconds))
        return f"{path}?{urlencode({'Expires': expires, 'Signature': self._signature(path, expires)})}"

    def is_good(self, path: str, query: Mapping[str, str]) -> bool:
        """Says whether a link of this path and query was given out and has not run out."""
        expires = query.get("Expires", "")
        signature = self._signature(path, expires)
        is_genuine = hmac.compare_digest(signature.encode(), query.get("Signature", "").encode())
        return is_genuine and time.time() <= int(expires)

    def given_at(self, query: Mapping[str, str], seconds: float) -> float:
        """When a good link was given out that is good for so many seconds, as `time.time()`, rounded down."""
        return int(query["Expires"]) - seconds

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
