"""Saved sessions: one file per shop, mode 0600, encrypted when a key is set."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, cast

from cryptography.fernet import Fernet, InvalidToken

from shopdata.config import Shop

_SALT_BYTES = 16
_STRICT = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)


class Session:
    """The cookies of one signed-in shop, with a browser's rules for where they go."""

    def __init__(self, cookies: Iterable[dict[str, Any]], saved_at: datetime) -> None:
        self.saved_at = saved_at
        #: True if an answer has changed a cookie since the session was saved.
        self.is_changed = False
        self._jar = CookieJar(_STRICT)
        for cookie in cookies:
            self._jar.set_cookie(_jar_cookie(cookie))

    def __repr__(self) -> str:
        return f"<Session of {self.saved_at:%Y-%m-%d %H:%M}, {len(self._jar)} cookies>"

    def cookie_header(self, url: str) -> str:
        """The value of the `Cookie` header for this URL; "" if none belongs there."""
        request = urllib.request.Request(url)  # noqa: S310 - nothing is opened; it carries the URL to the jar
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def take_cookies(self, url: str, set_cookie: Iterable[str]) -> None:
        """Takes over what an answer's `Set-Cookie` headers say."""
        headers = Message()
        for value in set_cookie:
            headers["Set-Cookie"] = value
        if not headers:
            return
        before = self.cookies()
        request = urllib.request.Request(url)  # noqa: S310 - as above
        self._jar.extract_cookies(cast(Any, _Headers(headers)), request)
        self.is_changed = self.is_changed or self.cookies() != before

    def cookies(self) -> list[dict[str, Any]]:
        """In the form of Playwright's storage state."""
        return [
            {
                "name": cookie.name,
                "value": cookie.value or "",
                "domain": cookie.domain.removesuffix(".local") if "." not in cookie.domain[:-6] else cookie.domain,
                "path": cookie.path,
                "expires": cookie.expires if cookie.expires is not None else -1,
                "secure": cookie.secure,
            }
            for cookie in self._jar
        ]


@dataclass(frozen=True)
class _Headers:
    """The one method that a cookie jar asks of an answer."""

    headers: Message

    def info(self) -> Message:
        return self.headers


def _jar_cookie(cookie: dict[str, Any]) -> Cookie:
    domain = str(cookie["domain"])
    if "." not in domain:
        domain += ".local"  # how the standard library spells a host without a dot
    expires = cookie.get("expires", -1)
    return Cookie(
        version=0,
        name=cookie["name"],
        value=cookie["value"],
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=domain.startswith("."),
        domain_initial_dot=domain.startswith("."),
        path=cookie.get("path") or "/",
        path_specified=True,
        secure=bool(cookie.get("secure")),
        expires=int(expires) if expires is not None and expires >= 0 else None,
        discard=expires is None or expires < 0,
        comment=None,
        comment_url=None,
        rest={},
    )


@dataclass
class SessionStore:
    """Sessions, and which credentials were refused, in files that only their owner can read."""

    folder: Path
    secret_key: str | None = field(default=None, repr=False)

    def load(self, shop: Shop) -> Session | None:
        """The saved session; None if there is none, or it was saved under another key or for another user name."""
        data = self._read(shop)
        if data.get("username") != shop.username or not data.get("cookies"):
            return None
        return Session(data["cookies"], datetime.fromisoformat(data["saved_at"]))

    def save(self, shop: Shop, cookies: Iterable[dict[str, Any]]) -> Session:
        """Saves a session; a refusal that was remembered is forgotten."""
        saved_at = datetime.now(UTC)
        kept = list(cookies)
        self._write(shop, {"username": shop.username, "saved_at": saved_at.isoformat(), "cookies": kept})
        return Session(kept, saved_at)

    def drop(self, shop: Shop) -> None:
        """Forgets a session that has died."""
        data = self._read(shop)
        if data.pop("cookies", None) is not None:
            self._write(shop, data)

    def remember_refusal(self, shop: Shop) -> None:
        """Remembers, without keeping them, that these credentials were refused."""
        self._write(shop, {"username": shop.username, "refused": self._fingerprint(shop)})

    def forget_refusal(self, shop: Shop) -> None:
        """Lets the same credentials be tried once more."""
        data = self._read(shop)
        if data.pop("refused", None) is not None:
            self._write(shop, data)

    def is_refused(self, shop: Shop) -> bool:
        """True if these very credentials were refused before: trying them again locks accounts."""
        refused = self._read(shop).get("refused")
        return isinstance(refused, str) and hmac.compare_digest(refused, self._fingerprint(shop, refused[:32]))

    def _fingerprint(self, shop: Shop, salt: str | None = None) -> str:
        salt = salt or secrets.token_hex(_SALT_BYTES)
        text = f"{shop.username}\0{shop.password.get_secret_value()}".encode()
        return salt + hashlib.scrypt(text, salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()

    def _path(self, shop: Shop) -> Path:
        return self.folder / f"{shop.platform}_{shop.id}.session"

    def _cipher(self, salt: bytes) -> Fernet:
        key = hashlib.scrypt((self.secret_key or "").encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
        return Fernet(base64.urlsafe_b64encode(key))

    def _read(self, shop: Shop) -> dict[str, Any]:
        try:
            content = self._path(shop).read_bytes()
        except FileNotFoundError:
            return {}
        try:
            if self.secret_key:
                content = self._cipher(content[:_SALT_BYTES]).decrypt(content[_SALT_BYTES:])
            data = json.loads(content)
        except (InvalidToken, ValueError):
            # Another key, or a plain file from before there was one: the shop signs in again.
            return {}
        return data if isinstance(data, dict) else {}

    def _write(self, shop: Shop, data: dict[str, Any]) -> None:
        content = json.dumps(data, ensure_ascii=False).encode()
        if self.secret_key:
            salt = secrets.token_bytes(_SALT_BYTES)
            content = salt + self._cipher(salt).encrypt(content)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(shop)
        beside = path.with_suffix(".part")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        beside.replace(path)
