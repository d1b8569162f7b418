"""The cookie of a browser that is signed in."""

from __future__ import annotations

from typing import Any

from twisted.web.http_headers import Headers

#: Over https no other host of a domain can set it, and none gets it.
SECURE_NAME = "__Host-shopdata"
#: Over http, which knows no such promise: on this machine, or in a network that one trusts.
PLAIN_NAME = "shopdata"
_SECONDS = 30 * 86400


def token_in(headers: Headers) -> str:
    """What the cookie of a request holds; "" if there is none."""
    found: dict[str, str] = {}
    for line in headers.getRawHeaders("Cookie", []):
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
    return found.get(SECURE_NAME) or found.get(PLAIN_NAME) or ""


def set_token(request: Any, token: str, *, is_secure: bool) -> None:
    """Gives a browser its cookie."""
    _set(request, SECURE_NAME if is_secure else PLAIN_NAME, token, is_secure, _SECONDS)


def drop_token(request: Any) -> None:
    """Takes it away, by whichever name it has."""
    for name in (SECURE_NAME, PLAIN_NAME):
        if request.getCookie(name.encode()) is not None:
            _set(request, name, "", name == SECURE_NAME, 0)


def drop_cookie(request: Any, name: str) -> None:
    """Takes another cookie of ours away."""
    _set(request, name, "", False, 0)


def _set(request: Any, name: str, value: str, is_secure: bool, seconds: int) -> None:
    # All that belongs to `__Host-`: the whole site, no domain.
    request.addCookie(
        name, value, path="/", max_age=str(seconds), httpOnly=True, sameSite="strict", secure=is_secure or None
    )
