"""One request, as far as a page looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from twisted.web.server import Request

from shopdata.service.board import texts
from shopdata.service.board.security import Tokens, new_nonce
from shopdata.service.board.texts import Texts

LANGUAGE_COOKIE = "shopdata_lang"
NONCE_COOKIE = "shopdata_visit"


@dataclass(frozen=True)
class Visit:
    """Who asks for what, when, and in which language. Nothing of it is trusted yet."""

    path: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, str]
    texts: Texts
    now: datetime
    mount: str
    token: str
    nonce: str
    user: str
    #: True if the language was chosen in this very address.
    is_language_chosen: bool = False

    def link(self, *parts: str, **query: str | int | None) -> str:
        """The address of a page of the board; every part is escaped."""
        path = "/".join(quote(part, safe="") for part in parts)
        asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        return f"{self.mount}/{path}" + (f"?{asked}" if asked else "")

    def here(self, **changes: str | None) -> str:
        """The address of this page, with some of its questions changed."""
        return self.link(*self.path, **{**self.query, **changes})


def read_visit(request: Request, mount: str, tokens: Tokens, now: datetime) -> Visit | None:
    """A request as a visit; None if its address is not UTF-8 text."""
    try:
        path = tuple(part.decode("utf-8") for part in request.postpath or () if part)
    except UnicodeDecodeError:
        return None
    query, form = _first_values(_query_of(request)), {}
    if request.method == b"POST":
        form = _first_values(request.args or {})
    nonce = _cookie(request, NONCE_COOKIE) or new_nonce()
    user = (request.getUser() or b"").decode("utf-8", "replace")
    chosen = texts.choose(query.get("lang"), _cookie(request, LANGUAGE_COOKIE), request.getHeader("Accept-Language"))
    return Visit(
        path=path,
        query={name: value for name, value in query.items() if name != "lang"},
        form=form,
        texts=chosen,
        now=now,
        mount=mount,
        token=tokens.of(user, nonce),
        nonce=nonce,
        user=user,
        is_language_chosen=query.get("lang") == chosen.code,
    )


def _query_of(request: Request) -> Mapping[bytes, list[bytes]]:
    # In a POST, Twisted mixes the form into `args`; only the address counts here.
    if request.method != b"POST":
        return request.args or {}
    return {}


def _first_values(arguments: Mapping[bytes, list[bytes]]) -> dict[str, str]:
    return {
        name.decode("utf-8", "replace"): values[0].decode("utf-8", "replace")
        for name, values in arguments.items()
        if values
    }


def _cookie(request: Request, name: str) -> str | None:
    value = request.getCookie(name.encode())
    return None if value is None else value.decode("utf-8", "replace")
