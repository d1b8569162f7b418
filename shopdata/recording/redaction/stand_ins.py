"""Stand-ins for what must not be kept: of one value always the same, of its length and kinds of signs, by a key that is
thrown away."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from shopdata.periods import SHANGHAI, Period
from shopdata.recording.inference.atoms import inner_json
from shopdata.recording.inference.days import FORMS, moments
from shopdata.recording.inference.shapes import is_of_one_shop, is_token
from shopdata.recording.redaction.proof import SHORT_NUMBER

#: A text taken apart: what is replaced as one, and signs between.
_RUN = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[A-Za-z0-9]+|[^\W\d_]+|\d+", re.UNICODE)
_ADDRESS = re.compile(r"(?:https?:)?//[^/\s]+\S*|/[\w.-]+/\S*|/[\w.-]+\?\S*")
#: A part of a path that programs have named, not people.
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]*(?:[vV]?[0-9]{1,2})?(?:\.[A-Za-z]{1,8})?")
_MOST_LETTERS = 64
_FIELD = re.compile(r"[A-Za-z_][\w.\[\]-]*", re.ASCII)
#: Days as people write them.
_WRITTEN = re.compile(r"\d{4}([-/.])\d\d\1\d\d|\d{4}年\d\d月\d\d日|\d\d([-/.])\d\d\2\d{4}")
_TIME = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2})?")
#: How the names of hosts end that stand for others.
STAND_IN = ".invalid"
_LOWER, _UPPER, _DIGITS, _HEX = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "abcdef"
#: Days before and behind an asked one that stay: those that are compared with, and the period in which it lies.
_FAR = 31
#: Numbers of so many digits at most tell nobody who somebody is.
_SHORT = 4
#: Fields and headers whose value is never kept, however it looks.
_SECRET_NAME = re.compile(
    r"pass(?:word|wd)?$|passw|pwd|secret|token|session|cookie|auth|csrf|credential|sms|verif|mobile|phone|tel$|email|"
    r"receiver|address|id_?card|bank|account|user_?name|nick", re.IGNORECASE,
)  # fmt: skip


#: Fields by which a portal says yes or no; a dialect knows its numbers.
_CODE = re.compile(r"(?:^|_|[a-z])(?:code|status|state|errno)$", re.IGNORECASE)
_LONGEST_CODE = 7
#: What such a field says in words.
_STATE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*")


class StandIns:
    """What stands for what, in one recording.

    Args:
        key: random, never kept.
        days: those that are asked for: they stay, in all forms.
        now: when it is recorded; moments near it stay, since they tell which report is new.
        secrets: what is known to be secret, however it looks: cookies, names, passwords.
        hosts: those that may be named, as `host` or `host:port`; others get a name of their own.
        plain: texts that are said in a dialect.
    """

    def __init__(
        self,
        key: bytes,
        days: Iterable[date],
        now: datetime,
        secrets: Iterable[str] = (),
        hosts: Iterable[str] = (),
        plain: Iterable[str] = (),
    ) -> None:
        self._plain = frozenset(plain)
        self._key, self._now, self._hosts = key, now, frozenset(hosts)
        #: Names of fields and columns: they stay, also where they are a value elsewhere.
        self.names: set[str] = set()
        self.secrets = frozenset(secret for secret in secrets if len(secret) >= 4)
        #: Every text that was replaced.
        self.replaced: set[str] = set()
        #: Short numbers that stand for others.
        self.given: set[str] = set()
        self._days: set[date] = set()
        self._texts: set[str] = set()
        today = now.astimezone(SHANGHAI).date()
        for day in (*days, *(today + timedelta(days=number) for number in range(-3, 4))):
            self.keep_day(day)

    def keep_day(self, day: date) -> None:
        """From now on this day stays, in all forms, and what recipes count from it."""
        if day in self._days:
            return
        self._days.add(day)
        for shift in range(-_FAR, _FAR + 1):
            self._texts |= {f"{day + timedelta(days=shift):{form}}" for form in FORMS[:-1]}
        self._texts |= {f"{day:%y%m%d}", f"{day:%Y%m}"}
        # The week or month in which it lies may have been asked for.
        days = [day + timedelta(days=shift) for shift in range(-_FAR, _FAR + 1)]
        seconds = {str(second) for one in days for _, second in moments(Period.of("day", one), shifts=(0,))}
        self._texts |= seconds | {f"{second}{rest}" for second in seconds for rest in ("000", "999")}

    # -- values -----------------------------------------------------------------------------------------------------

    def value(self, value: Any, name: str = "") -> Any:
        """A value of JSON with stand-ins in place of all that it holds; keys that are names of fields stay."""
        if isinstance(value, dict):
            return {self.name(str(key)): self.value(part, str(key)) for key, part in value.items()}
        if isinstance(value, list):
            return [self.value(part, name) for part in value]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return self._number(value, name)
        if (held := inner_json(value)) is not None:
            return json.dumps(self.value(held, name), ensure_ascii=False, separators=(",", ":"))
        if _ADDRESS.fullmatch(value) and not _SECRET_NAME.search(name):
            return self.address(value)
        is_secret = bool(_SECRET_NAME.search(name))
        if _CODE.search(name) and _STATE.fullmatch(value) and not is_secret and not self.is_secret(value):
            return value
        return self.text(str(value), is_secret=is_secret)

    def field(self, name: str) -> str:
        """The name of a field of an address, a form or a head: programs have named it, or it is none."""
        return self.name(name) if _FIELD.fullmatch(name) else self.text(name, is_secret=True)

    def name(self, name: str) -> str:
        """The name of a field or column; one that looks like a value is none."""
        plain = sum(sign.isdigit() for sign in name) <= _SHORT and len(name) <= 64 and not self.is_secret(name)
        if plain and "@" not in name:
            self.names.add(name)
            return name
        return self.text(name)

    def text(self, text: str, *, is_secret: bool = False) -> str:
        """A text, run for run of letters or digits, so that what stood in it stands in it still."""
        if not text or (text in self._plain and not is_secret):
            return text
        if is_secret or self.is_secret(text):
            written = self._runs(text, keeps_short=False)
        else:
            written, place = "", 0
            for match in self._kept(text):
                written += self._runs(text[place : match[0]]) + text[match[0] : match[1]]
                place = match[1]
            written += self._runs(text[place:])
        if written != text:
            self.replaced.add(text)
        return written

    def cell(self, text: str) -> str:
        """A cell of a table: all of it, however short. Its proof is the file's own (`redaction.samples`)."""
        return self._runs(text, keeps_short=False)

    def host(self, host: str) -> str:
        """A host, which may be named if it is the platform's."""
        return host if host in self._hosts else f"{self._runs(host.partition(':')[0], keeps_short=False)}{STAND_IN}"

    def part(self, part: str) -> str:
        """A part of a path; what programs have named stays."""
        is_word = _WORD.fullmatch(part) and len(part) <= _MOST_LETTERS and not self.is_secret(part)
        return part if is_word and not is_token(part) and not is_of_one_shop(part) else self.text(part)

    def address(self, address: str) -> str:
        """An address, whole or from its host or its path on, with the same stand-ins in each spelling."""
        if address.startswith(("blob:", "data:")):
            return address.partition(":")[0] + ":"
        parts = urlsplit(address)
        path = "/".join(map(self.part, parts.path.split("/")))
        query = "&".join(
            f"{self.field(name) if name else ''}{mark}{self.value(text, name)}"
            for name, mark, text in (pair.partition("=") for pair in parts.query.split("&"))
        )
        written = urlunsplit((parts.scheme, self.host(parts.netloc) if parts.netloc else "", path, query, ""))
        if written != address:
            self.replaced.add(address)
        return written

    def is_secret(self, text: str) -> bool:
        """True for what holds something that is known to be secret."""
        lower = text.casefold()
        return any(secret.casefold() in lower for secret in self.secrets)

    def _kept(self, text: str) -> list[tuple[int, int]]:
        spans = [match.span() for match in _TIME.finditer(text) if self._is_near(match[0])]
        spans += [match.span() for match in _WRITTEN.finditer(text) if match[0] in self._texts]
        for digits in re.finditer(r"\d{6,}", text):
            spans += self._days_within(digits)
        if re.fullmatch(r"\d{10}|\d{13}", text) and self._is_now(int(text)):
            spans.append((0, len(text)))
        found: list[tuple[int, int]] = []
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if not found or start >= found[-1][1]:
                found.append((start, end))
        return found

    def _days_within(self, digits: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Days that stand within digits, with others before or behind them."""
        for length in (13, 10, 8):
            for start in range(digits.start(), digits.end() - length + 1):
                if digits.string[start : start + length] in self._texts:
                    yield start, start + length
        if len(digits[0]) == 6 and digits[0] in self._texts:
            yield digits.span()

    def _is_near(self, text: str) -> bool:
        try:
            moment = datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            return False
        return abs(moment.replace(tzinfo=SHANGHAI) - self._now) < timedelta(days=2)

    def _is_now(self, number: int) -> bool:
        seconds = number / 1000 if number > 10**11 else number
        return abs(seconds - self._now.timestamp()) < timedelta(days=2).total_seconds()

    def _number(self, number: int | float, name: str) -> int | float:
        text = str(number)
        is_secret = bool(_SECRET_NAME.search(name)) or self.is_secret(text)
        if isinstance(number, int) and not is_secret:
            most = _LONGEST_CODE if _CODE.search(name) else _SHORT
            if len(text.lstrip("-")) <= most or self._is_now(number) or text in self._texts:
                return number
        elif isinstance(number, float) and len(text) <= _SHORT + 2 and not is_secret:
            return number
        written = "".join(self._mapped(run) if run.isdigit() else run for run in re.split(r"(\d+)", text))
        self.replaced.add(text)
        return type(number)(written)

    def _runs(self, text: str, *, keeps_short: bool = True) -> str:
        many = sum(sign.isdigit() for sign in text) > _SHORT + 2

        def write(match: re.Match[str]) -> str:
            run = match[0]
            if keeps_short and run.isascii() and run.isdigit() and len(run) <= _SHORT and not many:
                return run
            return self._mapped(run)

        return _RUN.sub(write, text)

    def _mapped(self, run: str) -> str:
        is_hex = bool(re.fullmatch(r"[0-9a-fA-F-]{4,}", run)) and bool(re.search(r"\d", run))
        for number in range(100):
            stream = self._stream(f"{number}/{run}", len(run))
            written = "".join(
                _stand_in(sign, byte, is_hex, is_first=place == 0)
                for place, (sign, byte) in enumerate(zip(run, stream, strict=True))
            )
            if written != run:
                if len(run) <= SHORT_NUMBER and written.isdigit():
                    self.given.add(written)
                return written
        return "x" * len(run)

    def _stream(self, text: str, length: int) -> list[int]:
        numbers: list[int] = []
        block = 0
        while len(numbers) < length:
            digest = hmac.digest(self._key, f"{block}/{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
            numbers += [int.from_bytes(digest[place : place + 4]) for place in range(0, 32, 4)]
            block += 1
        return numbers[:length]


def _stand_in(sign: str, number: int, is_hex: bool, *, is_first: bool) -> str:
    if sign.isascii() and sign.isdigit():
        return _DIGITS[1 + number % 9] if is_first and sign != "0" else _DIGITS[number % 10]
    if sign.isascii() and sign.isalpha():
        letters = _HEX if is_hex else _LOWER
        return letters[number % len(letters)] if sign.islower() else letters[number % len(letters)].upper()
    if sign == "-":
        return sign
    return chr(0x4E00 + number % 0x5000)
