"""The one-time `anti-content` token that only a loaded page makes (docs/portals.md 2).

How the real one is made is unknown here and shall stay so. This one has what matters to a client: it is made by the
page's own script from a key of that page load, is good for one request, and can't be made without running the script.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import quote

HEADER = "anti-content"
PREFIX = "0a"
WORDS = 8
MAX_PAGES = 1000
MAX_AGE_SECONDS = 300

# Digits of the parts of a token, behind its prefix: the page's id, the number of the request, the time, the seal.
_ID_DIGITS, _COUNT_DIGITS, _TIME_DIGITS, _SEAL_DIGITS = 8, 8, 12, 8 * WORDS
_LENGTH = len(PREFIX) + _ID_DIGITS + _COUNT_DIGITS + _TIME_DIGITS + _SEAL_DIGITS
# What the words of a key are hidden behind on their way into the page.
_VEIL = 0x9E3779B9


@dataclass(slots=True)
class PageKey:
    """One page load: its key, whom the page was loaded for ("" for nobody), and which requests have been seen."""

    shop_id: str
    words: tuple[int, ...]
    used: set[str] = field(default_factory=set)


class PageKeys:
    """The keys of all loaded pages. The oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, PageKey] = OrderedDict()

    def issue(self, shop_id: str) -> dict[str, object]:
        """A new key, as the page finds it among its data."""
        page_id = secrets.token_hex(_ID_DIGITS // 2)
        words = tuple(secrets.randbits(32) for _ in range(WORDS))
        self._pages[page_id] = PageKey(shop_id, words)
        if len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)
        return {"id": page_id, "veiled": veiled(words)}

    def accept(self, token: str, *, shop_id: str, method: str, path: str, body: str) -> bool:
        """Says whether a page of this shop made the token for this request, and uses it up if so."""
        parts = _parts(token)
        if parts is None:
            return False
        page_id, count, milliseconds, token_seal = parts
        page = self._pages.get(page_id)
        if page is None or page.shop_id != shop_id or count in page.used:
            return False
        if abs(time.time() - int(milliseconds, 16) / 1000) > MAX_AGE_SECONDS:
            return False
        if token_seal != seal(page.words, signed_text(page_id, count, milliseconds, method, path, body)):
            return False
        page.used.add(count)
        return True


def _parts(token: str) -> tuple[str, str, str, str] | None:
    if len(token) != _LENGTH or not token.startswith(PREFIX):
        return None
    ends = [len(PREFIX)]
    for digits in (_ID_DIGITS, _COUNT_DIGITS, _TIME_DIGITS, _SEAL_DIGITS):
        ends.append(ends[-1] + digits)
    page_id, count, milliseconds, token_seal = (token[start:end] for start, end in pairwise(ends))
    try:
        int(milliseconds, 16)
    except ValueError:
        return None
    return page_id, count, milliseconds, token_seal


def signed_text(page_id: str, count: str, milliseconds: str, method: str, path: str, body: str) -> str:
    """What a seal covers."""
    return "\n".join((page_id, count, milliseconds, method, path, body))


def seal(words: tuple[int, ...], text: str) -> str:
    """The same hash that the page's script makes: for each word of the key one pass over the percent-encoded text."""
    content = quote(text, safe="-_.!~*'()").encode()
    digits = []
    for word in words:
        value = word
        for byte in content:
            value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
        digits.append(f"{value ^ (value >> 15):08x}")
    return "".join(digits)


def veiled(words: tuple[int, ...]) -> tuple[int, ...]:
    """The words of a key as they stand in the page, and back again."""
    return tuple(word ^ ((_VEIL * (place + 1)) & 0xFFFFFFFF) for place, word in enumerate(words))
