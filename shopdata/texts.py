"""Texts that somebody else wrote: made whole where they enter, harmless where they are told; and JSON with limits."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

#: What stands in the place of a character that can't be kept.
REPLACEMENT = "\ufffd"

#: No XML may hold these, and half of a surrogate pair is no character anywhere.
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a terminal obeys: colours, titles, the place of the cursor.
_TERMINAL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -~])?")

#: Values of one JSON answer, as its commas, colons and brackets tell: one takes up to a hundred bytes of memory.
MOST_VALUES = 1_000_000
#: Beyond this size one sign outside of Unicode's first plane is too many: with it, every sign takes four bytes.
WIDEST_BYTES = 16 << 20
_FOUR_BYTES = re.compile(rb"[\xf0-\xf4]")
#: How deep lists and objects may lie in one another.
DEEPEST = 100


def replace_illegal(text: str) -> tuple[str, int]:
    """Puts U+FFFD in the place of every character that XML forbids; surrogate pairs become the character they mean.

    Returns how many were replaced, too. This is the one door for whatever a portal writes: cells, names, messages.
    """
    lone = 0
    if not text.isascii():
        paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        lone = paired.count(REPLACEMENT) - text.count(REPLACEMENT)
        text = paired
    text, count = ILLEGAL.subn(REPLACEMENT, text)
    return text, count + lone


def whole_value(value: Any) -> Any:
    """The same in every text inside a JSON value, names of fields among them."""
    if isinstance(value, str):
        return replace_illegal(value)[0]
    if isinstance(value, list):
        return [whole_value(part) for part in value]
    if isinstance(value, dict):
        return {whole_value(name): whole_value(part) for name, part in value.items()}
    return value


def one_line(text: str, most: int | None = None) -> str:
    """A text as it may be told to a person: nothing that a terminal obeys, no line breaks, no marks that turn the
    direction of writing, and at most `most` characters."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_harmless, _TERMINAL_SEQUENCE.sub("", text)))
    return text if most is None or len(text) <= most else f"{text[: most - 1]}…"


def did_you_mean(name: str, known: Iterable[str], otherwise: str, form: str = "{!r}") -> str:
    """What to do about a name that is not known: see whether it is the closest of `known`, where one is close.

    Args:
        form: how that one is written.
        otherwise: a sentence for where none is.
    """
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {form.format(close[0])}?" if close else otherwise


def _harmless(character: str) -> str:
    match unicodedata.category(character):
        case "Cs" | "Cn" | "Co":
            return REPLACEMENT
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cc":
            return " " if character.isspace() else ""
        case "Cf":
            return ""
    return character


def read_json(content: bytes | str) -> Any:
    """A JSON text; bytes in any encoding that JSON may have, with or without a byte order mark.

    Of two fields of one name the last counts, as in the portals' own pages. What no program should be asked to hold is
    no JSON: more than `MOST_VALUES` values, or lists and objects deeper in one another than `DEEPEST`.

    Raises:
        ValueError: it is none.
    """
    counts = [content.count(sign) if isinstance(content, str) else content.count(sign.encode()) for sign in "[{,:"]
    containers, values = sum(counts[:2]), sum(counts)
    if values > MOST_VALUES:
        raise ValueError(f"JSON of about {values:,} values")
    if isinstance(content, bytes) and len(content) > WIDEST_BYTES and _FOUR_BYTES.search(content):
        raise ValueError(f"JSON of more than {WIDEST_BYTES:,} bytes with signs that take four bytes each")
    try:
        data = json.loads(content, parse_int=_whole_number)
    except RecursionError:
        data, is_deep = None, True
    else:
        is_deep = containers > DEEPEST and _is_deep(data)
    if is_deep:
        raise ValueError(f"JSON of lists and objects deeper in one another than {DEEPEST}")
    return data


def _whole_number(digits: str) -> int | str:
    # Python refuses to read thousands of digits; nobody could use them as a number.
    return int(digits) if len(digits) < 400 else digits


def _is_deep(data: Any) -> bool:
    level: list[Any] = [data]
    for _ in range(DEEPEST + 1):
        level = [
            part
            for holder in level
            if isinstance(holder, list | dict)
            for part in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not level:
            return False
    return True
