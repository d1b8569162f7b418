"""What stands in braces in a recipe: a closed language, without conditions, sums or calls."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

#: Values of the run itself, and whether one says after a colon how they are written.
TIMES = ("start", "end", "now")
BARE = ("uuid4", "page")

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_INNER = re.compile(
    r"(?P<holder>\w+)(?:\.(?P<field>[\w-]+))?(?P<shift>[+-]\d{1,3}d)?(?::(?P<form>[^|{}]+))?(?P<text>\|text)?"
)
#: What templates elsewhere look like; braces that are meant as such are written without blanks.
_OTHER_LANGUAGE = re.compile(r"\{\{\s+[^{}]*\}\}|\{\{\s*(?:start|end|now|uuid4|page)\b[^{}]*\}\}|\{%[^{}]*%\}")
_KNOWN = "{start:%Y-%m-%d}, {end:s}, {now:ms}, {uuid4}, {page}, {platform.origin}, {step.value} or {row.field}"


@dataclass(frozen=True)
class Placeholder:
    """One pair of braces.

    Args:
        holder: `start`, `end`, `now`, `uuid4`, `page`, or whose `field` it is: the platform's, a step's, a row's.
        shift: days that a time is moved by.
        form: of a time: `s`, `ms`, or as `strftime` has it.
        is_text: True if it is written as a text though the value is a number.
    """

    holder: str
    field: str = ""
    shift: int = 0
    form: str = ""
    is_text: bool = False

    def __str__(self) -> str:
        return f"{{{self.holder}{f'.{self.field}' if self.field else ''}{f':{self.form}' if self.form else ''}}}"


#: A text taken apart: what stands as it is, and what is filled in.
Parts = tuple["str | Placeholder", ...]


@functools.lru_cache(maxsize=2000)
def read_template(text: str) -> Parts:
    """A text of a recipe taken apart; `{{` and `}}` are braces that stand for themselves.

    Raises:
        ValueError: something in braces is none of the language's.
    """
    if (other := _OTHER_LANGUAGE.search(text)) is not None:
        raise ValueError(f"{other[0]} is another language, and would be sent as it stands: write {_KNOWN}")
    parts: list[str | Placeholder] = []
    place = 0
    for match in _TOKEN.finditer(text):
        parts.append(text[place : match.start()])
        place = match.end()
        if match[0] in ("{{", "}}"):
            parts.append(match[0][0])
        elif match[1] is None:
            raise ValueError(f"a {match[0]} stands alone: write {match[0] * 2} for a brace that is meant as such")
        else:
            parts.append(_read(match[1]))
    parts.append(text[place:])
    return tuple(part for part in parts if part != "")


def _read(inner: str) -> Placeholder:
    match = _INNER.fullmatch(inner)
    if match is None:
        raise ValueError(f"{{{inner}}} is not known here: write {_KNOWN}")
    found = Placeholder(
        match["holder"],
        match["field"] or "",
        int((match["shift"] or "0d")[:-1]),
        match["form"] or "",
        bool(match["text"]),
    )
    if found.field:
        if found.form or found.shift:
            raise ValueError(f"{{{inner}}}: only start, end and now are written in a form; leave out what follows it")
    elif found.holder in TIMES:
        if not (found.form in ("s", "ms") or "%" in found.form):
            raise ValueError(f"{{{inner}}} does not say how: write {{{found.holder}:%Y-%m-%d}} or {{{found.holder}:s}}")
    elif found.holder not in BARE:
        raise ValueError(f"{{{inner}}} is not known here: write {_KNOWN}")
    elif found.form or found.shift:
        raise ValueError(f"{{{inner}}}: write {{{found.holder}}}")
    return found


def placeholders_in(value: Any) -> list[Placeholder]:
    """All that stand in the texts of a value, whatever it is made of. Raises ValueError as `read_template`."""
    if isinstance(value, str):
        return [part for part in read_template(value) if isinstance(part, Placeholder)]
    if isinstance(value, dict):
        return [found for part in (*value, *value.values()) for found in placeholders_in(part)]
    if isinstance(value, list | tuple):
        return [found for part in value for found in placeholders_in(part)]
    return []
