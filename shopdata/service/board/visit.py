"""One request, as far as a page looks at it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode

from shopdata.service.door.decisions import MOST_BYTES, client_address, is_readable
from shopdata.service.door.forms import UnreadableFormError, read_form
from shopdata.service.door.rights import right_to
from shopdata.service.door.site import GuardedRequest
from shopdata.service.live.person import Person
from shopdata.service.people.roles import NOBODY, Visitor
from shopdata.wording import Texts
from shopdata.wording.language import browser_texts

LANGUAGE_COOKIE = "board_lang"
NONCE_COOKIE = "board_visit"

#: No form of ours is nearly so large.
_MOST_FORM_BYTES = 100_000


@dataclass(frozen=True)
class Visit:
    """Who asks for what, when, and in which language. Nothing of it is trusted yet."""

    path: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, str]
    texts: Texts
    now: datetime
    #: From this address to the board's, for links to begin with.
    mount: str
    token: str
    #: What a browser keeps in a cookie, so that a token is of use to nobody else.
    nonce: str
    visitor: Visitor = NOBODY
    #: False for a page or button that is not theirs.
    is_allowed: bool = True
    #: Where the browser is, and what it calls itself.
    address: str = ""
    agent: str = ""
    #: True if others on the way could read what is sent: plain http, and not within this machine.
    is_readable: bool = False
    #: What a form has sent as a file; empty if none.
    file: bytes = field(default=b"", repr=False)
    #: True if the language was chosen in this very address.
    is_language_chosen: bool = False

    @property
    def user(self) -> str:
        """The name that they have signed in by; "" of a stranger."""
        return self.visitor.name

    def may(self, method: str, *parts: str) -> bool:
        """True if they may go to a page of the board (GET), or press a button (POST)."""
        return self.visitor.may(right_to((method, "board", *parts)))

    @property
    def person(self) -> Person:
        """Whoever sits before this browser."""
        return Person(self.user, self.nonce, self.address, self.agent)

    def link(self, *parts: str, **query: str | int | None) -> str:
        """The address of a page of the board, relative to this one; every part is escaped."""
        path = f"{self.mount}/{'/'.join(map(quoted, parts))}"
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{path}?{urlencode(asked)}" if asked else path

    def here(self, **changes: str | None) -> str:
        """The address of this page, with some of its questions changed."""
        return self.link(*self.path, **{**self.query, **changes})


@lru_cache(maxsize=5000)
def quoted(part: str) -> str:
    """A part of an address, escaped for addresses and for HTML."""
    # A page of 500 shops links the same few thousand names again and again.
    return quote(part, safe="")


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


def read_visit(request: GuardedRequest, mount: str, tokens: Tokens, now: datetime, language: str) -> Visit | None:
    """A request as a visit; None if its address is not UTF-8 text.

    Args:
        language: for whoever asks for none that we have.
        mount: the board's name in the root of the site, which a reverse proxy may have put anywhere.
    """
    try:
        path = tuple(part.decode("utf-8") for part in request.postpath or () if part)
    except UnicodeDecodeError:
        return None
    # Twisted's `args` hold address and form of a POST in one; only what stands in the form may act.
    address = request.uri.partition(b"?")[2]
    form, file = _form_of(request)
    query = _first_values(address)
    nonce = _cookie(request, NONCE_COOKIE) or secrets.token_urlsafe(24)
    chosen = browser_texts(
        query.get("lang"), _cookie(request, LANGUAGE_COOKIE), request.getHeader("Accept-Language"), language
    )
    return Visit(
        path=path,
        query={name: value for name, value in query.items() if name != "lang"},
        form=form,
        texts=chosen,
        now=now,
        # A browser counts the slashes as they stand there.
        mount="../" * (request.uri.partition(b"?")[0].count(b"/") - 1) + mount,
        token=tokens.of(request.visitor.name, nonce),
        nonce=nonce,
        visitor=request.visitor,
        is_allowed=request.is_allowed,
        address=client_address(request.peer, request.requestHeaders),
        agent=request.getHeader("User-Agent") or "",
        is_readable=is_readable(request.requestHeaders),
        file=file,
        is_language_chosen=query.get("lang") == chosen.code,
    )


def _form_of(request: GuardedRequest) -> tuple[Mapping[str, str], bytes]:
    """The fields that a form has sent, and its file; a form that can't be read has none."""
    if request.method != b"POST" or request.content is None:
        return {}, b""
    kind = (request.getHeader("Content-Type") or "").encode("latin-1", "replace")
    if not kind.startswith(b"multipart/form-data"):
        return _first_values(request.content.read(_MOST_FORM_BYTES)), b""
    try:
        fields = read_form(kind, request.content.read(MOST_BYTES))
    except UnreadableFormError:
        return {}, b""
    texts = {name.decode("utf-8", "replace"): values[0] for name, values in fields.items()}
    file = texts.pop("file", b"")
    return {name: value.decode("utf-8", "replace") for name, value in texts.items()}, file


def _first_values(encoded: bytes) -> dict[str, str]:
    """Fields as forms and addresses write them; what is not UTF-8 is replaced."""
    pairs = parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def _cookie(request: GuardedRequest, name: str) -> str | None:
    value = request.getCookie(name.encode())  # type: ignore[no-untyped-call]
    return None if value is None else value.decode("utf-8", "replace")
