"""Whether a request comes in, decided from its head."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers

from shopdata.network import is_loopback
from shopdata.service.door.cookies import token_in
from shopdata.service.door.guesses import Guesses
from shopdata.service.door.hosts import Hosts, host_of
from shopdata.service.door.rights import EVERYBODY, parts_of, right_to
from shopdata.service.door.sign_in import Credentials, SignIn, read_basic
from shopdata.service.door.way_in import is_of_a_page, is_of_a_script, way_to_sign_in
from shopdata.service.people.browsers import Browsers
from shopdata.service.people.roles import NOBODY, Role, Visitor

#: No form of ours is nearly so large.
MOST_BYTES = 1024 * 1024
MOST_EGG_BYTES = 64 * MOST_BYTES
#: User name, password, and where to go then: all that is read of somebody who has not signed in.
MOST_STRANGERS_BYTES = 8 * 1024
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


@dataclass(frozen=True)
class Admitted:
    """A request comes in."""

    visitor: Visitor
    #: False where the board is to say that this is not for them.
    is_allowed: bool = True


Decision = Refused | Admitted


class Door:
    """The order matters: by a foreign name nobody is asked for a password, and without one nobody's body is read.

    Args:
        browsers: those that are signed in by the board's page; None where there is no such page.
    """

    def __init__(self, hosts: Hosts, sign_in: SignIn, guesses: Guesses, browsers: Browsers | None = None) -> None:
        self._hosts = hosts
        self.sign_in = sign_in
        self.guesses = guesses
        self.browsers = browsers

    def look_at(self, head: Head) -> Decision | Deferred[Decision]:
        """Who it is and whether they may, at once as a rule; later where a password has to be checked first."""
        found = self._name(head) or self._person(head)
        if isinstance(found, Deferred):
            return found.addCallback(lambda known: self._look_further(head, known))
        return self._look_further(head, found)

    def _look_further(self, head: Head, found: Visitor | Refused) -> Decision:
        if isinstance(found, Refused):
            return found
        return self._site(head) or too_long(head.length, most_bytes(head.target, found)) or self._right(head, found)

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

    def _person(self, head: Head) -> Visitor | Refused | Deferred[Visitor | Refused]:
        given = head.headers.getRawHeaders(b"Authorization") or []
        if given:
            credentials = read_basic(given[0]) if len(given) == 1 else None
            return self.check(credentials, client_of(head))
        visitor = self.visitor_by(token_in(head.headers))
        if visitor is not None:
            return visitor
        if right_to(parts_of(head.method, head.target)) is EVERYBODY:
            return NOBODY
        if self.browsers is not None and is_of_a_page(head.headers):
            location = {"Location": way_to_sign_in(head.method, head.target)}
            return Refused(HTTPStatus.SEE_OTHER, "Sign in first.", location)
        # A browser would ask for a password in a window of its own, in the middle of a page of ours.
        challenge = {} if is_of_a_script(head.headers) else _CHALLENGE
        return Refused(HTTPStatus.UNAUTHORIZED, "Sign in with user name and password.", challenge)

    def visitor_by(self, token: str) -> Visitor | None:
        """Whoever has signed in with the browser of this cookie; None if nobody has."""
        name = self.browsers.name_of(token) if token and self.browsers is not None else None
        return None if name is None else self.sign_in.visitor(name, has_session=True)

    def check(self, given: Credentials | None, address: str) -> Visitor | Refused | Deferred[Visitor | Refused]:
        """Whether this is somebody, for the page to sign in by as for a header of a program."""
        if given is None:
            return self._wrong(address)
        visitor = self.sign_in.known(given)
        if visitor is not None:
            return visitor
        if not self.sign_in.has_checks:
            return self._wrong(address, given.name)
        if self.guesses.are_too_many(address) or self.sign_in.is_busy:
            return _TOO_MANY
        checked: Deferred[Visitor | None] = self.sign_in.check(given)
        return checked.addCallback(lambda found: found or self._wrong(address, given.name))

    def _wrong(self, address: str, name: str = "") -> Refused:
        seconds = self.guesses.note(address, name if self.sign_in.visitor(name) else "")
        if seconds is None:
            return _TOO_MANY
        text = "User name or password is wrong."
        return Refused(HTTPStatus.UNAUTHORIZED, text, _CHALLENGE, seconds, address if seconds else "")

    def _right(self, head: Head, visitor: Visitor) -> Decision:
        parts = parts_of(head.method, head.target)
        needed = right_to(parts)
        if visitor.may(needed):
            return Admitted(visitor)
        if parts[1] == "board":
            return Admitted(visitor, is_allowed=False)
        return Refused(
            HTTPStatus.FORBIDDEN,
            f"{visitor.name} has the role {visitor.role}, and this needs the role {needed or Role.SEE}. "
            "Let an administrator do it, or change the role: `scrapy users role`.",
        )

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


_CHALLENGE = {"WWW-Authenticate": 'Basic realm="shopdata", charset="UTF-8"'}
_TOO_MANY = Refused(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords. Wait a moment.", {"Retry-After": "2"})


def most_bytes(target: bytes, visitor: Visitor) -> int:
    """How long the body for an address may be: an egg is more than a form."""
    if visitor.role is None:
        return MOST_STRANGERS_BYTES
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
