"""Where a browser without a session is sent, and how it finds back."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlencode

from twisted.web.http_headers import Headers

from shopdata.network import is_loopback

#: Of an address within the site: nothing that a browser could take for the name of another one.
_WITHIN = re.compile(r"[A-Za-z0-9_~!$&'()*+,;=:@%?./-]*")
_LONGEST = 2000


def is_of_a_page(headers: Headers) -> bool:
    """True for a browser that goes to a page or sends a form; programs and scripts do not ask for HTML."""
    return "text/html" in (headers.getRawHeaders("Accept") or [""])[0]


def is_of_a_script(headers: Headers) -> bool:
    """True for what one of our pages asks for by itself."""
    return headers.hasHeader("Sec-Fetch-Mode") or "board_visit=" in (headers.getRawHeaders("Cookie") or [""])[0]


def way_to_sign_in(method: bytes, target: bytes) -> str:
    """The address of the board's page to sign in, as seen from this one."""
    path = target.partition(b"?")[0]
    up = "../" * (path.count(b"/") - 1)
    if method not in (b"GET", b"HEAD"):
        # What was sent is lost, and must not be sent again by a look at its address.
        return f"{up}board/login?told=expired"
    wanted = within(target.decode("ascii", "replace").removeprefix("/"))
    return f"{up}board/login" + (f"?{urlencode({'next': wanted})}" if wanted else "")


def within(address: str) -> str:
    """An address relative to the front page that leads to a page of this site and no other; "" for anything else."""
    path = address.partition("?")[0]
    is_good = len(address) <= _LONGEST and _WITHIN.fullmatch(address) is not None
    # Browsers read `%2e` as a dot.
    *folders, last = (unquote(part) for part in path.split("/"))
    # An empty part may begin a host, `..` leave the board, and a colon in the first a scheme.
    is_good = is_good and ":" not in path.partition("/")[0] and not {"", ".", ".."} & set(folders)
    if not is_good or last in (".", "..") or any(sign in part for part in (*folders, last) for sign in "/\\"):
        return ""
    return "" if path.startswith("board/login") else address


def is_https(headers: Headers, peer: str) -> bool:
    """True if a browser speaks https to a proxy before us: the proxy says so, or the browser by where its form is."""
    if is_loopback(peer) and (headers.getRawHeaders("X-Forwarded-Proto") or [""])[-1].strip().lower() == "https":
        return True
    (origin,), (referer,) = ((headers.getRawHeaders(name) or [""])[:1] for name in ("Origin", "Referer"))
    return (origin if origin not in ("", "null") else referer).startswith("https://")
