"""The asked day in a value, in whichever of its forms."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from shopdata.periods import SHANGHAI, Period
from shopdata.recording.inference.atoms import atoms_of
from shopdata.recording.journal import Call

#: How days are written; those of a few digits come last, so that longer ones are found first.
FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
         "%Y%m%d", "%y%m%d")  # fmt: skip
#: Days back that are searched for: compared with the day before, the same a week and a month ago.
_SHIFTS = (0, -1, 1, -6, -7, -13, -14, -27, -28, -29, -30, *(-number for number in range(2, 32)))
#: The name of a field that holds the last moment of a range.
_END = re.compile(r"(?:^|_|\b)(?:end|to|until|till|last|stop|finish)|End|To(?:$|[A-Z])|结束|截止", re.ASCII)
#: A short form is a day only where nothing but it stands there, or what surrounds it is no digit.
_SHORT = "%y%m%d"
#: A text with more days in it is a list, and none of a period.
_MOST_DAYS = 4
#: How months are written that stand alone.
MONTHS = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m")

#: What is asked for: a day, or a period of any kind.
Asked = date | Period


def day_template(first: Any, first_day: Asked, second: Any, second_day: Asked, name: str) -> str | None:
    """How a value follows from the asked day, or week, or month; None if it does not.

    Args:
        first, second: what stood there in two takes, of these days.
        name: the field, which may tell the first from the last moment.

    Returns:
        A text with braces that gives both values, each for its day.
    """
    one, other = _period(first_day), _period(second_day)
    if one == other or type(first) is not type(second) or isinstance(first, bool):
        return None
    if isinstance(first, int):
        return _moment(first, one, second, other)
    if not isinstance(first, str):
        return None
    found = sorted(_texts(first, one, second, other, name), key=lambda one: one[0])
    best = [template for number, template in found if number == found[0][0]] if found else []
    # Day and month may look alike in both takes: then nothing tells which is which.
    return best[0] if len(best) == 1 else None


def names_the_day(first: Call, second: Call, days: tuple[Asked, Asked]) -> bool:
    """True if anything in a request follows from the asked day."""
    atoms, others = atoms_of(first, {}), atoms_of(second, {})
    return any(
        place in others and day_template(value, days[0], others[place], days[1], "") is not None
        for place, value in atoms.items()
        if value != others.get(place)
    )


def moments(asked: Asked, shifts: Iterable[int] = ()) -> Iterator[tuple[str, int]]:
    """The seconds of a day, week or month that requests name, and how a recipe writes them."""
    period = _period(asked)
    for shift in shifts or _shifts_of(period):
        yield f"start{_shifted(shift)}", int((period.start_time + timedelta(days=shift)).timestamp())
        yield f"end{_shifted(shift)}", int((period.end_time + timedelta(days=shift)).timestamp())


def _period(asked: Asked) -> Period:
    return asked if isinstance(asked, Period) else Period.of("day", asked)


def _is_day(period: Period) -> bool:
    return period.start == period.end


def _shifts_of(period: Period) -> tuple[int, ...]:
    # Behind a week stands the first moment of the next one.
    return tuple(dict.fromkeys(_SHIFTS if _is_day(period) else (*_SHIFTS, 7)))


def is_recent_day(value: Any, at: int) -> bool:
    """True for a value that names a day within three of the moment (in milliseconds) in which it was sent."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    today = datetime.fromtimestamp(at / 1000, SHANGHAI).date()
    return _names_one(str(value), [today + timedelta(days=number) for number in range(-3, 4)])


def is_edge_of_both(value: Any, first: Asked, second: Asked) -> bool:
    """True for a value that names a month in which both days lie, or the edge of one or of a week: of other days it
    would be another."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    one, other = _period(first).end, _period(second).end
    edges: set[date] = set()
    if (one.year, one.month) == (other.year, other.month):
        month = Period.of("month", one)
        if str(value) in {f"{one:{form}}" for form in MONTHS}:
            return True
        edges |= {month.start, month.end, month.end + timedelta(days=1)}
    for last in range(7):
        ends = [day + timedelta(days=(last - day.weekday()) % 7) for day in (one, other)]
        if ends[0] == ends[1]:
            edges |= {ends[0] - timedelta(days=6), ends[0], ends[0] + timedelta(days=1)}
    return _names_one(str(value), edges)


def _names_one(text: str, days: Collection[date]) -> bool:
    if any(f"{day:{form}}" in text for day in days for form in FORMS[:-1]):
        return True
    seconds = {str(second) for day in days for period in [Period.of("day", day)] for second in
               (int(period.start_time.timestamp()), int(period.end_time.timestamp()))}  # fmt: skip
    return any(found[:10] in seconds for found in re.findall(r"\d{10,13}", text))


def _shifted(shift: int) -> str:
    return f"{shift:+d}d" if shift else ""


def _moment(first: int, first_day: Period, second: int, second_day: Period) -> str | None:
    for form, factor in (("s", 1), ("ms", 1000)):
        then = dict(moments(second_day))
        for name, seconds in moments(first_day):
            if seconds * factor == first and then[name] * factor == second:
                return f"{{{name}:{form}}}"
    return None


def _texts(first: str, first_day: Period, second: str, second_day: Period, name: str) -> Iterator[tuple[int, str]]:
    """Every way in which both follow from their days, and by how much the days in it are moved."""
    are_digits = first.isascii() and first.isdigit() and second.isascii() and second.isdigit()
    moment = _moment(int(first), first_day, int(second), second_day) if are_digits else None
    if moment is not None:
        yield -1, f"{moment[:-1]}|text}}"
        return
    if not (_is_day(first_day) or _is_day(second_day)):
        # A month that stands alone is none of a day's: that would be another report.
        for form in MONTHS:
            if all(
                text == f"{period.start:{form}}" == f"{period.end:{form}}"
                for text, period in ((first, first_day), (second, second_day))
            ):
                yield 0, f"{{start:{form}}}"
                return
    for form in FORMS:
        one = dict(_written(first, first_day, form, name))
        both = [(moved, text) for text, moved in _written(second, second_day, form, name) if text in one]
        if both:
            yield min(both)
    within = set(_in_milliseconds(first, first_day)) & set(_in_milliseconds(second, second_day))
    if within:
        yield 0, min(within, key=lambda text: (len(text), text))


def _written(text: str, period: Period, form: str, name: str) -> Iterator[tuple[str, int]]:
    """A text with the days in it replaced, in every way, and the least number of days that one is moved by."""
    known = _days_in(period, form)
    around = r"(?<!\d)(?:{})(?!\d)" if form == _SHORT else "{}"
    parts = re.split(f"({around.format('|'.join(map(re.escape, known)))})", text)
    days = parts[1::2]
    if not days or len(days) > _MOST_DAYS:
        return
    if _is_day(period):
        ways = [[(_end_or_start(parts, number, known, name), known[part][0][1])] for number, part in enumerate(days)]
    else:
        ways = [known[part] for part in days]
    for chosen in itertools.product(*ways):
        written = [part.replace("{", "{{").replace("}", "}}") for part in parts]
        written[1::2] = [f"{{{which}{_shifted(shift)}:{form}}}" for which, shift in chosen]
        yield "".join(written), min(abs(shift) for _, shift in chosen)


def _days_in(period: Period, form: str) -> dict[str, list[tuple[str, int]]]:
    """Days as they are written, and what each may be."""
    found: dict[str, list[tuple[str, int]]] = {}
    for shift in _shifts_of(period):
        for which, day in (("start", period.start), ("end", period.end)):
            found.setdefault(f"{day + timedelta(days=shift):{form}}", []).append((which, shift))
    return found


def _end_or_start(parts: list[str], number: int, known: dict[str, list[tuple[str, int]]], name: str) -> str:
    """Which moment of a single day is meant, where both are written alike."""
    days = parts[1::2]
    is_last = bool(_END.search(name)) or parts[2 * number + 2].lstrip(" T").startswith("23:59")
    is_second = len(days) == 2 and number == 1 and known[days[0]][0][1] <= known[days[1]][0][1]
    return "end" if is_last or is_second else "start"


def _in_milliseconds(text: str, period: Period) -> Iterator[str]:
    """Where a text holds seconds or milliseconds beside other things; in every way in which they follow."""
    names: dict[str, list[str]] = {}
    for name, seconds in moments(period):
        names.setdefault(str(seconds), []).append(name)
    plain = text.replace("{", "{{").replace("}", "}}")
    parts = re.split(r"(?<!\d)(\d{10}|\d{13})(?!\d)", plain)
    ways = [
        [f"{{{name}:s}}{part[10:]}" for name in names.get(part[:10], ())] if part[10:] in ("", "000", "999") else []
        for part in parts[1::2]
    ]
    if not any(ways) or len(ways) > _MOST_DAYS:
        return
    for chosen in itertools.product(*(way or [part] for way, part in zip(ways, parts[1::2], strict=True))):
        written = list(parts)
        written[1::2] = chosen
        yield "".join(written)
