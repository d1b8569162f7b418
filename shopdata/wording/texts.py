"""One language: a text by its key, with days, numbers and lengths of time as that language writes them."""

from __future__ import annotations

import importlib.resources
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import yaml

from shopdata.periods import SHANGHAI, Period, ranges

#: By the code that settings and addresses have, with what HTML and browsers call the language.
TAGS = {"zh": "zh-CN", "en": "en"}

# libyaml reads hundreds of texts in milliseconds; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def catalogue(language: str) -> Mapping[str, str]:
    """The texts of a language by their keys."""
    return _tables()[language]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    texts: dict[str, dict[str, str]] = {code: {} for code in TAGS}
    for file in (importlib.resources.files(__package__) / "tables").iterdir():
        for key, entry in yaml.load(file.read_text("utf-8"), _LOADER).items():  # noqa: S506 - both are safe
            for code in TAGS:
                texts[code][key] = entry[code]
    return texts


class _Count(int):
    """A number that knows which word goes with it: `{n} {n:shop|shops}`."""

    def __format__(self, spec: str) -> str:
        one, is_plural, many = spec.partition("|")
        return (one if self == 1 else many) if is_plural else int.__format__(self, spec)


@dataclass(frozen=True)
class Texts:
    """One language."""

    code: str

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key, its `{holes}` filled."""
        text = catalogue(self.code)[key]
        counted = {name: _Count(value) if type(value) is int else value for name, value in values.items()}
        return text.format(**counted) if values else text

    def has(self, key: str) -> bool:
        """True if there is such a text."""
        return key in catalogue(self.code)

    @property
    def tag(self) -> str:
        """As HTML and browsers write the language."""
        return TAGS[self.code]

    def day(self, day: date) -> str:
        """11月24日 周二; Tue 24 Nov."""
        weekday = self(f"weekday.{day.weekday()}")
        return self("format.day", weekday=weekday, month=self(f"month.{day.month}"), day=day.day)

    def period(self, dt: str) -> str:
        """A period's label, short: 11-23 for a day, 11-15 – 11-21 for more."""
        period = Period.from_dt(dt)
        if period.start == period.end:
            return f"{period.start:%m-%d}"
        return f"{period.start:%m-%d} – {period.end:%m-%d}"

    def periods(self, labels: Collection[str], most: int = 3) -> str:
        """Periods, those in a row as one: 2026-03-01 至 2026-03-31（31 期）; of more ranges than `most` the first."""
        return self._ranges(labels, most, is_exact=False)

    def labels(self, labels: Collection[str], most: int = 3) -> str:
        """The same where people type periods: one that stands alone by its label, as commands and keys have it."""
        return self._ranges(labels, most, is_exact=True)

    def _ranges(self, labels: Collection[str], most: int, *, is_exact: bool) -> str:
        found = ranges(labels)
        told = [
            first.dt
            if first.start == last.end or (is_exact and first == last)
            else self("format.range", first=first.start, last=last.end)
            for first, last in found[:most]
        ]
        what = self("format.listed").join(told) + (" …" if len(found) > most else "")
        count = len(set(labels))
        return what if count <= 1 else self("format.periods", what=what, n=count)

    def clock(self, moment: datetime | None) -> str:
        """A time of today's kind: 08:41."""
        return "" if moment is None else f"{moment.astimezone(SHANGHAI):%H:%M}"

    def short(self, moment: datetime | None) -> str:
        """Day and time without the year: 11-24 08:41."""
        return "" if moment is None else f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"

    def moment(self, moment: datetime | None) -> str:
        """Day and time: 2026-11-24 08:41."""
        return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"

    def due(self, moment: datetime, day: date) -> str:
        """A time as seen from a day: 08:30 on it, with the day on another."""
        there = moment.astimezone(SHANGHAI)
        return f"{there:%H:%M}" if there.date() == day else f"{there:%m-%d %H:%M}"

    def weekday(self, dt: str) -> str:
        """The weekday of a day; "" for longer periods."""
        period = Period.from_dt(dt)
        return self(f"weekday.{period.start.weekday()}") if period.start == period.end else ""

    def span(self, seconds: float) -> str:
        """How long: 40 秒, 12 分钟, 5 小时, 3 天."""
        for unit, size, most in (("seconds", 1, 90), ("minutes", 60, 5400), ("hours", 3600, 172800)):
            if seconds < most:
                return self(f"span.{unit}", n=round(seconds / size))
        return self("span.days", n=round(seconds / 86400))

    def length(self, seconds: int) -> str:
        """A length of time to the minute: 3 小时 12 分钟; 3 h 12 min."""
        hours, minutes = divmod(seconds // 60, 60)
        days, hours = divmod(hours, 24)
        parts = (("days", days), ("hours", hours), ("minutes", minutes))
        return " ".join(self(f"span.{unit}", n=n) for unit, n in parts if n) or self("span.seconds", n=seconds)

    def size(self, size_bytes: int) -> str:
        """As people read sizes: 812 B, 3.4 MB."""
        size = float(size_bytes)
        for unit in ("B", "KB", "MB", "GB"):
            if size < 1000:
                return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
            size /= 1000
        return f"{size:.1f} TB"

    def shops(self, names: Sequence[str], most: int = 8) -> str:
        """Names of shops in a sentence; those above `most` are counted."""
        shown = self("format.listed").join(names[:most])
        return shown if len(names) <= most else self("format.more_shops", names=shown, n=len(names) - most)

    def in_state(self, shop: str, state: str) -> str:
        """A shop with the state of its data: kids (failed)."""
        return self("format.in_state", shop=shop, state=self(f"state.{state}.word"))

    def step(self, step: str) -> str:
        """What a shop is at, as `cell_stepped` and `shop_stepped` have it; a step without a text stays as it is."""
        word, _, rest = step.partition(" ")
        for key, values in ((f"step.{step.replace(' ', '_')}", {}), (f"step.{word}", {"rest": rest})):
            if self.has(key):
                return self(key, **values)
        return step

    def join(self, parts: Sequence[str]) -> str:
        """A list in a sentence."""
        return self("format.comma").join(parts)
