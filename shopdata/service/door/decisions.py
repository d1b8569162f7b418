"""Whether a request comes in, decided from its head."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

from twisted.web.http_headers import Headers

from shopdata.network import is_loopback
from shopdata.service.door.hosts import Hosts, host_of
from shopdata.service.door.sign_in import Guesses, SignIn

#: No form of ours is nearly so large.
MOST_BYTES = 1024 * 1024
MOST_EGG_BYTES = 64 * MOST_BYTES
_SAFE_METHODS = (b"GET", b"HEAD", b"OPTIONS")


@dataclass(frozen=True)
class Head:
    """A request, as far as it is known before its body."""

    method: bytes
    #: With its query.
    target: bytes
    version: bytes
    headers: Headers
    #: Of the body; None if it comes in chunks, and nobody knows.
    length: int | None
    #: Who has connected, and by which address of this machine.
    peer: str
    local: str


@dataclass(frozen=True)
class Refused:
    """An answer in place of the page that was asked for."""

    status: HTTPStatus
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Nothing is answered before.
    after_seconds: float = 0.0
    #: Whose guess it was; "" if it was none. `Guesses.answered` wants to know when the answer is out.
    guesser: str = ""


class Door:
    """The order matters: by a foreign name nobody is asked for a password, and without one nobody's body is read."""

    def __init__(self, hosts: Hosts, sign_in: SignIn, guesses: Guesses) -> None:
        self._hosts = hosts
        self._sign_in = sign_in
        self.guesses = guesses

    def look_at(self, head: Head) -> Refused | None:
        """None if it may come in."""
        return (
            self._name(head) or self._person(head) or self._site(head) or too_long(head.length, most_bytes(head.target))
        )

    def _name(self, head: Head) -> Refused | None:
        given = head.headers.getRawHeaders("Host") or []
        if not given and head.version != b"HTTP/1.1":
            return None
        if len(given) != 1:
            return Refused(HTTPStatus.BAD_REQUEST, "A request has one Host header.")
        if self._hosts.know(given[0], head.local):
            return None
        return Refused(
            HTTPStatus.MISDIRECTED_REQUEST,
            f"The service does not go by the name {given[0][:100]!a}. If it should, add the name to "
            "SHOPDATA_SERVICE_HOSTS and restart it.",
        )

    def _person(self, head: Head) -> Refused | None:
        given = head.headers.getRawHeaders(b"Authorization") or []
        if len(given) == 1 and self._sign_in.fits(given[0]):
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="shopdata", charset="UTF-8"'}
        if not given:
            return Refused(HTTPStatus.UNAUTHORIZED, "Sign in with user name and password.", challenge)
        address = client_of(head)
        seconds = self.guesses.note(address)
        if seconds is None:
            return Refused(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords. Wait a moment.", {"Retry-After": "2"}
            )
        text = "User name or password is wrong."
        return Refused(HTTPStatus.UNAUTHORIZED, text, challenge, seconds, address if seconds else "")

    def _site(self, head: Head) -> Refused | None:
        """A browser that is signed in here sends its password with a form of whatever site it looks at."""
        if head.method in _SAFE_METHODS or not is_foreign(head.headers) or self._may_be_ours(head):
            return None
        return Refused(HTTPStatus.FORBIDDEN, "This form came from another site.")

    def _may_be_ours(self, head: Head) -> bool:
        """A proxy may have put its own name, or none of the port, in place of what the browser asked for."""
        if head.headers.hasHeader("Sec-Fetch-Site"):
            return False
        if head.method == b"POST" and head.target.startswith((b"/board/do/", b"/board/sessions/")):
            # Each form of the board has a token, which is looked at there and of use in one browser only.
            return True
        return self._hosts.are_named(host_of(_place(head.headers.getRawHeaders("Origin", [""])[0])))


def is_foreign(headers: Headers) -> bool:
    """True if a browser says that a page of another site has sent this. Programs say nothing."""
    (site,), (origin,), (host,) = (headers.getRawHeaders(n, [None])[:1] for n in ("Sec-Fetch-Site", "Origin", "Host"))
    if site is not None:
        # No page can write it. Browsers leave it out where there is no TLS, but for this machine.
        return site not in ("same-origin", "none")
    return bool(origin) and _place(str(origin)) != host


def _place(origin: str) -> str:
    """Host and port of an `Origin`, as they stand there."""
    return origin.partition("://")[2]


def most_bytes(target: bytes) -> int:
    """How long the body for an address may be: an egg is more than a form."""
    path = unquote_to_bytes(target.partition(b"?")[0])
    return MOST_EGG_BYTES if path == b"/addversion.json" else MOST_BYTES


def too_long(length: int | None, most: int) -> Refused | None:
    """The answer to a body that is longer than it may be; None if it is not, or nobody knows yet."""
    if length is None or length <= most:
        return None
    text = f"The body is longer than {most} bytes."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)


def client_of(head: Head) -> str:
    """Who asks."""
    return client_address(head.peer, head.headers)


def client_address(peer: str, headers: Headers) -> str:
    """Whoever has connected; behind a reverse proxy on this machine, whom the proxy says."""
    forwarded = headers.getRawHeaders("X-Forwarded-For", [""])[-1].rpartition(",")[2].strip()
    if is_loopback(peer):
        try:
            return str(ipaddress.ip_address(forwarded))
        except ValueError:
            pass
    return peer


def is_readable(headers: Headers) -> bool:
    """True if a browser says that its page came over plain http, and from another machine; pages can't write that."""
    (given,) = (headers.getRawHeaders(name, [""])[0] for name in ("Origin",))
    place = urlsplit(given if given not in ("", "null") else headers.getRawHeaders("Referer", [""])[0])
    return place.scheme == "http" and not is_loopback(place.hostname or "")
