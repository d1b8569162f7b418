"""Answers without what is personal or secret, and with all that a probe looks at.

The same value gets the same stand-in everywhere in one run, of the same length and kind of signs: digits for digits,
letters for letters. So a name that another one holds still holds it, a cell that was empty still is, and nobody can
tell what stood there. The key of it is never written anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

#: Fields whose values are facts: what an answer says of itself, and how far a report is.
_SPOKEN = re.compile(
    r"success|message|msg|error_?(?:code|msg|message)|code|status|type|total\w*|count|login|sort\w*|size|page\w*",
    re.IGNORECASE,
)
#: Of a row only these: what else it says, somebody has written.
_SPOKEN_IN_ROWS = re.compile(r"\w*status\w*|type|\w*Type", re.IGNORECASE)
#: Days and times, which are facts wherever they stand.
_TIME = re.compile(r"\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|(?<!\d)20\d{6}(?!\d)")
_RUN = re.compile(r"\d+|[A-Za-z]+|[\u3400-\u9fff]+")
#: Numbers so short tell nobody from anybody.
_SHORT = 4
#: A secret of fewer digits, as some cookies are, stands by chance among the digits of any page of rows.
_SHORT_NUMBER = 6
#: Of a text that says why it refuses, digits are taken out: it may quote a telephone number.
_LONG_NUMBER = re.compile(r"\d{5,}")
#: Seconds since 1970, in years in which portals answer: a time, not an id.
_SECONDS = re.compile(r"1[6-9]\d{8}(?:\d{3})?")
#: So many rows of a list are kept.
MOST_ROWS = 20


class LeakError(ValueError):
    """Raised where what would be saved still holds a secret: then nothing is saved."""


class Redaction:
    """One run's stand-ins.

    Args:
        secrets_: what must not stand in anything that is saved: cookies, names, passwords.
        kept: texts that are facts and stand in the configuration, such as kinds of reports.
    """

    def __init__(self, secrets_: Iterable[str], kept: Collection[str] = ()) -> None:
        self._key = secrets.token_bytes(32)
        # What is shorter stands in everything.
        told = {secret for secret in secrets_ if len(secret) >= (_SHORT_NUMBER if secret.isdigit() else _SHORT)}
        self._secrets = sorted(told, key=len, reverse=True)
        self._kept = frozenset(kept)

    def body(self, body: bytes) -> Any:
        """JSON with stand-ins for its values; None for what is none."""
        try:
            data = json.loads(body)
        except ValueError:
            return None
        return self.value(data)

    def value(self, value: Any, name: str = "", *, in_row: bool = False) -> Any:
        """Any part of an answer.

        Args:
            name: the field that it stands in.
            in_row: True for what stands in a list.
        """
        if isinstance(value, dict):
            return {key: self.value(part, key, in_row=in_row) for key, part in value.items()}
        if isinstance(value, list):
            return [self.value(part, name, in_row=True) for part in value[:MOST_ROWS]]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            is_fact = self._is_fact(str(value), name, in_row=in_row)
            return value if is_fact else int(self._runs(str(value)))
        if isinstance(value, float):
            return round(value, 1)
        return self._text(value, name, in_row=in_row)

    def _text(self, text: str, name: str, *, in_row: bool) -> str:
        if text[:1] in ("{", "["):
            # Some interfaces send rows as JSON texts (docs/portals.md 3.2).
            try:
                return json.dumps(self.value(json.loads(text), in_row=True), ensure_ascii=False)
            except ValueError:
                pass
        if re.match(r"(?:https?:)?//", text):
            return self.url(text)
        if text in self._kept or self._is_fact(text, name, in_row=in_row):
            return self._without_secrets(_LONG_NUMBER.sub(lambda found: self._run(found[0]), text))
        return self.text(text)

    def _is_fact(self, text: str, name: str, *, in_row: bool) -> bool:
        if len(text) <= _SHORT and text.isascii() and not text.isalpha():
            return True
        if _SECONDS.fullmatch(text) and not name.lower().endswith(("id", "sn")):
            return True
        spoken = _SPOKEN_IN_ROWS if in_row else _SPOKEN
        return bool(spoken.fullmatch(name)) and len(text) <= 80

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, self.text(secret))
        return text

    def text(self, text: str) -> str:
        """A stand-in, with its days and times as they were."""
        parts, place = [], 0
        for found in _TIME.finditer(text):
            parts += [self._runs(text[place : found.start()]), found[0]]
            place = found.end()
        return "".join((*parts, self._runs(text[place:])))

    def url(self, url: str) -> str:
        """An address: its host, the names of what it asks and its ending are facts, the rest is not."""
        parts = urlsplit(url)
        stem, dot, end = parts.path.rpartition(".")
        is_short = dot and len(end) <= _SHORT + 1
        path = f"{self._runs(stem)}.{end}" if is_short else self._runs(parts.path)
        query = re.sub(r"=([^&]*)", lambda found: "=" + self._value_of_query(found[1]), parts.query)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, query, ""))

    def location(self, url: str) -> str:
        """Where a portal sends somebody: as an address, with its path, which is a fact but for the numbers in it."""
        parts = urlsplit(url)
        path = _LONG_NUMBER.sub(lambda found: self._run(found[0]), parts.path)
        return urlunsplit(urlsplit(self.url(url))._replace(path=path))

    def _value_of_query(self, value: str) -> str:
        return value if _SECONDS.fullmatch(value) or len(value) <= _SHORT else self._runs(value)

    def _runs(self, text: str) -> str:
        return _RUN.sub(lambda found: self._run(found[0]), text)

    def _run(self, run: str) -> str:
        stream = hmac.new(self._key, run.encode(), hashlib.sha512).digest()
        while len(stream) < 2 * len(run):
            stream += hmac.new(self._key, stream, hashlib.sha512).digest()
        numbers = (stream[2 * n] << 8 | stream[2 * n + 1] for n in range(len(run)))
        return "".join(
            _sign(sign, number, is_first=n == 0) for n, (sign, number) in enumerate(zip(run, numbers, strict=True))
        )

    def prove(self, text: str) -> None:
        """Raises LeakError if a secret stands in it, as it is or as addresses, JSON and base64 write it."""
        for secret in self._secrets:
            for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], *_in_base64(secret)}:
                if form in text:
                    raise LeakError("a secret stands in what would be saved")


def _in_base64(secret: str) -> Iterator[str]:
    """As it stands in base64, wherever it begins; what depends on its neighbours is left out."""
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + secret.encode()).decode()
        if len(core := packed[4:-4]) >= _SHORT:
            yield core


def _sign(sign: str, number: int, *, is_first: bool) -> str:
    if sign.isdigit():
        return str(1 + number % 9 if is_first else number % 10)
    if sign.isascii():
        return chr((ord("A") if sign.isupper() else ord("a")) + number % 26)
    return chr(0x4E00 + number % 0x1000)
