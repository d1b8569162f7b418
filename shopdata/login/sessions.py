"""Saved sessions: one file per shop, mode 0600, encrypted when a key is set."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
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
from filelock import AsyncFileLock

from shopdata.config import Shop
from shopdata.login.private_file import write_private
from shopdata.login.steps import Identity

_SALT_BYTES = 16
_STRICT = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)


class Session:
    """The cookies of one signed-in shop, with a browser's rules for where they go."""

    def __init__(
        self,
        cookies: Iterable[dict[str, Any]],
        saved_at: datetime,
        *,
        user_agent: str = "",
        identity: Identity | None = None,
    ) -> None:
        self.saved_at = saved_at
        #: What the browser called itself that signed in; "" in sessions that nobody has noted it in.
        self.user_agent = user_agent
        #: What the landing page said, besides what the cookies say.
        self.identity: Identity = identity or {}
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

    def values(self) -> dict[str, str]:
        """The cookies' values by their names."""
        return {cookie.name: cookie.value or "" for cookie in self._jar}

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


@dataclass(frozen=True)
class AboutSession:
    """A saved session as a list shows it; `saved_at` is None where there is none."""

    saved_at: datetime | None
    checked_at: datetime | None
    checked_state: str
    parked: str


@dataclass
class SessionStore:
    """Sessions, and which shops wait for a person, in files that only their owner can read."""

    folder: Path
    secret_key: str | None = field(default=None, repr=False)

    def load(self, shop: Shop) -> Session | None:
        """The saved session; None if there is none, or it was saved under another key or for another user name."""
        data = self._read(shop)
        if data.get("username") != shop.username or not data.get("cookies"):
            return None
        return Session(
            data["cookies"],
            datetime.fromisoformat(data["saved_at"]),
            user_agent=data.get("user_agent", ""),
            identity=data.get("identity"),
        )

    def save(
        self, shop: Shop, cookies: Iterable[dict[str, Any]], *, user_agent: str = "", identity: Identity | None = None
    ) -> Session:
        """Saves a session; that the shop was parked is forgotten."""
        saved_at = datetime.now(UTC)
        kept: dict[str, Any] = {"cookies": list(cookies), "user_agent": user_agent, "identity": dict(identity or {})}
        self._write(shop, {"username": shop.username, "saved_at": saved_at.isoformat(), **kept})
        return Session(kept["cookies"], saved_at, user_agent=user_agent, identity=identity)

    def update(self, shop: Shop, session: Session) -> None:
        """Saves the cookies that answers have changed; the session stays as old as it is.

        Nothing happens if another process has dropped it, or saved a newer one, meanwhile.
        """
        data = self._read(shop)
        if data.get("saved_at") == session.saved_at.isoformat() and data.get("cookies"):
            self._write(shop, {**data, "cookies": session.cookies()})

    def drop(self, shop: Shop, session: Session) -> None:
        """Forgets a session that has died, unless another process has saved a newer one meanwhile."""
        data = self._read(shop)
        if data.get("saved_at") == session.saved_at.isoformat() and data.pop("cookies", None) is not None:
            self._write(shop, data)

    def lock(self, shop: Shop) -> AsyncFileLock:
        """One sign-in per account at a time, also of two crawls: a second one may kick the first one's session."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return AsyncFileLock(self._path(shop).with_suffix(".lock"), mode=0o600)

    def park(self, shop: Shop, reason: str) -> None:
        """Remembers that a person must act before these credentials are used again: trying on locks accounts.

        The credentials themselves are not kept, only a salted fingerprint.
        """
        self._write(shop, {**self._read(shop), "parked": reason, "fingerprint": self._fingerprint(shop)})

    def unpark(self, shop: Shop) -> None:
        """Lets the same credentials be used once more."""
        data = self._read(shop)
        if data.pop("parked", None) is not None:
            self._write(shop, data)

    def parked(self, shop: Shop) -> str:
        """Why the shop waits for a person; "" if it does not, or if its credentials have changed since."""
        data = self._read(shop)
        reason, known = data.get("parked"), str(data.get("fingerprint") or "")
        if not reason or not hmac.compare_digest(known, self._fingerprint(shop, known[: 2 * _SALT_BYTES])):
            return ""
        return str(reason)

    def note_check(self, shop: Shop, state: str) -> None:
        """Remembers what the portal said when it was asked whether the session lives."""
        checked_at = datetime.now(UTC).isoformat()
        self._write(shop, {**self._read(shop), "checked_at": checked_at, "checked_state": state})

    def about(self, shop: Shop) -> AboutSession:
        """What is known about a shop's session without asking anybody."""
        data = self._read(shop)
        has_session = bool(data.get("cookies")) and data.get("username") == shop.username
        return AboutSession(
            saved_at=_moment(data.get("saved_at")) if has_session else None,
            checked_at=_moment(data.get("checked_at")) if has_session else None,
            checked_state=str(data.get("checked_state") or "") if has_session else "",
            parked=self.parked(shop),
        )

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
        write_private(self._path(shop), content)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
