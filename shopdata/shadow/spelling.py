"""One form for values that mean the same: `1,234.50` and `1234.5`, `12.3%` and `0.123`, `2026/3/1` and `2026-03-01`."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.values.numbers import convert_distinct

#: What programs write where there is nothing.
_NOTHING = frozenset({"", "-", "--", "—", "null", "none", "nan", "nat", "n/a", "#n/a", "<na>", "(null)"})
#: Marks that nobody sees.
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]+")
#: Excel's own ways to have digits kept as text.
_AS_TEXT = re.compile(r"""'(?=\d)|="([^"]*)"$""")
_NUMBER = re.compile(
    r"([+-]?)[¥$]?((?:\d{1,3}(?:,\d{3})+|[1-9]\d*|0)?(?:\.\d*)?)((?:[eE][+-]?\d{1,2})?)(\s?%?)", re.ASCII
)
_NEGATIVE = re.compile(r"\(([\d,.]+)\)", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?", re.ASCII
)
_CLOCK = re.compile(r"(\d{1,3}):(\d\d)(?::(\d\d)(?:\.0+)?)?", re.ASCII)
_WHOLE_AS_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)

#: Values that are in their one form already: most of a table, which need not be looked at one by one.
_PLAIN = r"^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,8})\.\d{0,5}[1-9]|\p{Han}+)$"
_PLAIN_ID = r"^(?:\d+|[A-Za-z]*\d[0-9A-Za-z]*)$"
#: What is mostly in its way, for all of a column at once: commas between thousands, zeros at the end.
_GROUPED = r"^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
_WITH_POINT = r"^-?(?:0|[1-9]\d*)\.\d+$"
#: As Excel has it: what lies beyond is noise of binary numbers.
_DIGITS = 15


def one_form(texts: pa.Array, *, is_id: bool) -> pa.Array:
    """A column (Arrow `string` of n) in that form; null where nothing is meant.

    Args:
        is_id: of identifiers every digit counts: `007` is not `7`.
    """
    found = pc.utf8_trim_whitespace(texts)
    if not is_id:
        found = _replaced(found, _GROUPED, ",", "")
        found = _replaced(found, _WITH_POINT, r"\.?0+$", "")
    is_plain = pc.match_substring_regex(found, _PLAIN_ID if is_id else _PLAIN).fill_null(True)
    if not pc.all(is_plain, min_count=0).as_py():
        rest = pc.invert(is_plain)
        told = convert_distinct(found.filter(rest), one_form_of_id if is_id else one_form_of)
        found = pc.replace_with_mask(found, rest, told)
    return pc.if_else(pc.equal(found, "").fill_null(True), pa.scalar(None, pa.string()), found)


def _replaced(texts: pa.Array, where: str, what: str, by: str) -> pa.Array:
    """Those that match `where`, with the matches of another pattern replaced."""
    mask = pc.match_substring_regex(texts, where).fill_null(False)
    if not pc.any(mask, min_count=0).as_py():
        return texts
    return pc.replace_with_mask(texts, mask, pc.replace_substring_regex(texts.filter(mask), what, by))


def one_form_of(text: str) -> str:
    """A value in that form; "" where nothing is meant."""
    text = _without_dress(text)
    if text.casefold() in _NOTHING:
        return ""
    if text.casefold() in ("true", "false"):
        return text.upper()
    if match := _NEGATIVE.fullmatch(text):
        text = f"-{match[1]}"
    if match := _NUMBER.fullmatch(text):
        with suppress(InvalidOperation):
            return _number(match[1] + match[2].replace(",", "") + match[3], is_percent="%" in match[4])
    if match := _MOMENT.fullmatch(text):
        with suppress(ValueError):
            return _moment(match)
    if match := _CLOCK.fullmatch(text):
        return f"{int(match[1]):02}:{match[2]}:{match[3] or '00'}"
    return text


def one_form_of_id(text: str) -> str:
    """An identifier in that form: `123.0`, `'123` and `="123"` are 123."""
    text = _without_dress(text)
    if text.casefold() in _NOTHING:
        return ""
    match = _WHOLE_AS_FLOAT.fullmatch(text)
    return match[1] if match else text


def same_days(ours: pa.Array, theirs: pa.Array) -> pa.Array:
    """Where one of two columns in one form has a day (2026-03-01) and the other its digits alone (20260301)."""
    day = r"^\d{4}-\d\d-\d\d$"
    has_day = pc.xor(pc.match_substring_regex(ours, day), pc.match_substring_regex(theirs, day))
    is_same = pc.equal(pc.replace_substring(ours, "-", ""), pc.replace_substring(theirs, "-", ""))
    return pc.and_(has_day, is_same).fill_null(False)


def _without_dress(text: str) -> str:
    """The text without blanks around it and marks that nobody sees; of any width, and with one kind of line break."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).replace("\r\n", "\n").strip()
    return _AS_TEXT.sub(lambda match: match[1] or "", text) if text[:1] in ("'", "=") else text


def _number(digits: str, *, is_percent: bool) -> str:
    exact = Decimal(digits)
    if is_percent:
        exact /= 100
    if exact == exact.to_integral_value():
        return str(int(exact))
    return f"{Decimal(f'{exact:.{_DIGITS}g}').normalize():f}"


def _moment(match: re.Match[str]) -> str:
    day = date(int(match[1]), int(match[2]), int(match[3]))
    clock = "" if match[4] is None else f"{int(match[4]):02}:{match[5]}:{match[6] or '00'}"
    # A day is a moment whose clock nobody has set.
    return f"{day}" if clock in ("", "00:00:00") else f"{day} {clock}"
