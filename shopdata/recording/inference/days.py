"""The asked day in a value, in whichever of its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


def day_template(first: Any, first_day: date, second: Any, second_day: date, name: str) -> str | None:
    """How a value follows from the asked day; None if it does not.

    Args:
        first, second: what stood there in two takes, of these days.
        name: the field, which may tell the first from the last moment.

    Returns:
        A text with braces that gives both values, each for its day.
    """
    if first_day == second_day or type(first) is not type(second) or isinstance(first, bool):
        return None
    if isinstance(first, int):
        return _moment(first, first_day, second, second_day)
    if not isinstance(first, str):
        return None
    found = sorted(_texts(first, first_day, second, second_day, name), key=lambda one: one[0])
    best = [template for number, template in found if number == found[0][0]] if found else []
    # Day and month may look alike in both takes: then nothing tells which is which.
    return best[0] if len(best) == 1 else None


def names_the_day(first: Call, second: Call, days: tuple[date, date]) -> bool:
    """True if anything in a request follows from the asked day."""
    atoms, others = atoms_of(first, {}), atoms_of(second, {})
    return any(
        place in others and day_template(value, days[0], others[place], days[1], "") is not None
        for place, value in atoms.items()
        if value != others.get(place)
    )


def moments(day: date) -> Iterator[tuple[str, int]]:
    """The seconds of a day that requests name, and how a recipe writes them."""
    for shift in dict.fromkeys(_SHIFTS):
        period = Period.of("day", day + timedelta(days=shift))
        yield f"start{_shifted(shift)}", int(period.start_time.timestamp())
        yield f"end{_shifted(shift)}", int(period.end_time.timestamp())


def is_recent_day(value: Any, at: int) -> bool:
    """True for a value that names a day within three of the moment (in milliseconds) in which it was sent."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    today = datetime.fromtimestamp(at / 1000, SHANGHAI).date()
    days = [today + timedelta(days=number) for number in range(-3, 4)]
    text = str(value)
    if any(f"{day:{form}}" in text for day in days for form in FORMS[:-1]):
        return True
    seconds = {str(second) for day in days for period in [Period.of("day", day)] for second in
               (int(period.start_time.timestamp()), int(period.end_time.timestamp()))}  # fmt: skip
    return any(found[:10] in seconds for found in re.findall(r"\d{10,13}", text))


def _shifted(shift: int) -> str:
    return f"{shift:+d}d" if shift else ""


def _moment(first: int, first_day: date, second: int, second_day: date) -> str | None:
    for form, factor in (("s", 1), ("ms", 1000)):
        there = {seconds * factor: name for name, seconds in moments(first_day)}
        then = {seconds * factor: name for name, seconds in moments(second_day)}
        if first in there and there[first] == then.get(second):
            return f"{{{there[first]}:{form}}}"
    return None


def _texts(first: str, first_day: date, second: str, second_day: date, name: str) -> Iterator[tuple[int, str]]:
    """Every way in which both follow from their days, and how far the nearest day in it is moved."""
    are_digits = first.isascii() and first.isdigit() and second.isascii() and second.isdigit()
    moment = _moment(int(first), first_day, int(second), second_day) if are_digits else None
    if moment is not None:
        yield -1, f"{moment[:-1]}|text}}"
        return
    for form in FORMS:
        one, other = _written(first, first_day, form, name), _written(second, second_day, form, name)
        if one is not None and one == other:
            yield one[1], one[0]
    within = _in_milliseconds(first, first_day)
    if within is not None and within == _in_milliseconds(second, second_day):
        yield 0, within


def _written(text: str, day: date, form: str, name: str) -> tuple[str, int] | None:
    """A text with the days in it replaced, and the least number of days that one is moved by."""
    shifts = {f"{day + timedelta(days=shift):{form}}": shift for shift in dict.fromkeys(_SHIFTS)}
    around = r"(?<!\d)(?:{})(?!\d)" if form == _SHORT else "{}"
    parts = re.split(f"({around.format('|'.join(map(re.escape, shifts)))})", text)
    days = parts[1::2]
    if not days:
        return None
    written = []
    for number, part in enumerate(parts):
        if number % 2:
            is_last = bool(_END.search(name)) or parts[number + 1].lstrip(" T").startswith("23:59")
            is_last = is_last or (len(days) == 2 and number == 3 and shifts[days[0]] <= shifts[part])
            written.append(f"{{{'end' if is_last else 'start'}{_shifted(shifts[part])}:{form}}}")
        else:
            written.append(part.replace("{", "{{").replace("}", "}}"))
    return "".join(written), min(abs(shifts[one]) for one in days)


def _in_milliseconds(text: str, day: date) -> str | None:
    """Where a text holds seconds or milliseconds beside other things."""
    names = {str(seconds): name for name, seconds in moments(day)}

    def write(match: re.Match[str]) -> str:
        name = names.get(match[0][:10])
        if name is None or match[0][10:] not in ("", "000", "999"):
            return match[0]
        return f"{{{name}:s}}{match[0][10:]}"

    plain = text.replace("{", "{{").replace("}", "}}")
    written = re.sub(r"(?<!\d)(?:\d{10}|\d{13})(?!\d)", write, plain)
    return written if written != plain else None
