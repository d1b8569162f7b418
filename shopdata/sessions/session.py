"""One signed-in shop: its cookies, with a browser's rules for where they go."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any, cast

from shopdata.sessions.sign_in.steps import Identity

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
