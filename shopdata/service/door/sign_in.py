"""Who may come in: one user name and password, and what becomes of guesses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shopdata.periods import SHANGHAI

logger = logging.getLogger(__name__)

#: So many wrong passwords are nobody's business: a typo, an old bookmark.
_FREE = 3
_FIRST_SECONDS, _MOST_SECONDS = 0.25, 2.0
#: So many wrong answers of one address are held back at once; more of them are told that they are too many.
_MOST_HELD = 8
_FORGET_SECONDS = 900
_MOST_ADDRESSES = 1000
#: Each of the first ones has a line in the log, then every doubling.
_TOLD_EACH = 10

_LEAST_LETTERS, _LEAST_KINDS, _LEAST_OWN = 12, 6, 6
_OBVIOUS = (
    "password", "passwort", "passw0rd", "qwertyuiop", "qwerty", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "iloveyou",
    "changeme", "welcome", "letmein", "default", "administrator", "admin", "secret", "scrapyd", "shopdata", "scrapy",
    "dragon", "monkey", "0123456789", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234",
    "654321", "abcdef", "abc123", "mima", "woaini", "test", "5201314", "1314520", "1314", "520", "root", "company",
)  # fmt: skip
#: Where letters follow each other on a keyboard or in the alphabet, forwards and backwards.
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "012345678901234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "!qaz", "@wsx", "#edc", "$rfv", "%tgb",
)  # fmt: skip
_LOOKS_LIKE = str.maketrans("@4$5013!", "aassoiei")


class SignIn:
    """Compares in a time that tells nothing. Its repr has no password."""

    def __init__(self, username: str, password: str) -> None:
        self._wanted = tuple(map(_digest, (username.encode(), password.encode())))

    def __repr__(self) -> str:
        return "<SignIn>"

    def fits(self, authorization: bytes) -> bool:
        """True for a header `Basic …` with the right user name and password."""
        scheme, _, coded = authorization.partition(b" ")
        try:
            given = base64.b64decode(coded.strip() + b"==", validate=False) if scheme.lower() == b"basic" else b""
        except binascii.Error:
            given = b""
        username, colon, password = given.partition(b":")
        is_user, is_password = map(hmac.compare_digest, map(_digest, (username, password)), self._wanted)
        return bool(is_user & is_password & bool(colon))


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def weakness_of(username: str, password: str) -> str:
    """Why a password is none for an address that others reach, a clause; "" if it will do."""
    if len(password) < _LEAST_LETTERS:
        return f"one of {len(password)}"
    if len(set(password)) < _LEAST_KINDS:
        return "it repeats a few letters"
    words = sorted((username.lower(), username.lower()[::-1], *_OBVIOUS), key=len, reverse=True)
    own = min(
        (_own_letters(text, words) for text in (password.lower(), password.lower().translate(_LOOKS_LIKE))), key=len
    )
    return "it is made of the user name and words that everybody tries" if len(own) < _LEAST_OWN else ""


def _own_letters(text: str, words: Iterable[str]) -> str:
    """What is left of a password without what everybody tries, and without three letters in a row."""
    for word in words:
        text = text.replace(word, "\0") if word else text
    rows = [row for line in _ROWS for row in (line, line[::-1])]
    kept, start = "", 0
    while start < len(text):
        end = start + 3
        if not any(text[start:end] in row for row in rows) or end > len(text):
            kept, start = kept + text[start], start + 1
            continue
        while end < len(text) and any(text[start : end + 1] in row for row in rows):
            end += 1
        start = end
    return kept.replace("\0", "")


@dataclass
class _Guesser:
    count: int = 0
    held: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(SHANGHAI))
    last: float = 0.0


class Guesses:
    """Wrong passwords by address: the answers to them come later and later, and the log knows of them.

    Whoever has the right password waits for nothing: behind a reverse proxy all may have one address, and a stranger's
    guesses must lock nobody out. That no guess is right is up to the password (`weakness_of`).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Guesser] = OrderedDict()

    def note(self, address: str) -> float | None:
        """Counts a wrong password.

        Returns:
            for how many seconds the answer is held back, until `answered` is called; None if there are too many.
        """
        now = self._clock()
        network = _network(address)
        guesser = self._known.pop(network, None)
        if guesser is None or now - guesser.last > _FORGET_SECONDS:
            guesser = _Guesser(held=guesser.held if guesser else 0)
        self._known[network] = guesser
        while len(self._known) > _MOST_ADDRESSES:
            self._known.popitem(last=False)
        guesser.count += 1
        guesser.last = now
        if guesser.count <= _TOLD_EACH or guesser.count & (guesser.count - 1) == 0:
            logger.warning(
                "a sign-in was refused, user name or password is wrong: from %s, %d since %s",
                address,
                guesser.count,
                f"{guesser.since:%Y-%m-%d %H:%M:%S}",
            )
        if guesser.count <= _FREE:
            return 0.0
        if guesser.held >= _MOST_HELD:
            return None
        guesser.held += 1
        return float(min(_FIRST_SECONDS * 2 ** min(guesser.count - _FREE - 1, 10), _MOST_SECONDS))

    def answered(self, address: str) -> None:
        """An answer that was held back is out, or nobody waits for it any more."""
        guesser = self._known.get(_network(address))
        if guesser is not None:
            guesser.held = max(0, guesser.held - 1)


def _network(address: str) -> str:
    """One subscriber has a whole /64 of IPv6 addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
