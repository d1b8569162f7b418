"""What stands where in an answer: by its path, and by what it looks like where the path leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.texts import read_json

_MOST_NAMES = 12


def names_of(value: Any) -> str:
    """The names of fields, never their values: those may be anything."""
    if isinstance(value, dict):
        return told(
            [
                name
                for key, part in value.items()
                for name in ([key] + [f"{key}.{n}" for n in part] if isinstance(part, dict) else [key])
            ]
        )
    return type(value).__name__


def told(names: Any) -> str:
    """Names in a sentence; with how often each comes, where they are counted."""
    listed = [f"{name} ({count})" for name, count in names.items()] if isinstance(names, dict) else list(names)
    return ", ".join(listed[:_MOST_NAMES]) + (" …" if len(listed) > _MOST_NAMES else "") or "-"


def at(value: Any, path: str) -> Any:
    """What stands at a path; None for nothing."""
    with suppress(NoSuchPlaceError):
        return value_at(value, path)
    return None


def as_row(row: Any) -> Any:
    """A row as it is meant: some interfaces send their rows as JSON texts (docs/portals.md 3.2)."""
    if isinstance(row, str):
        with suppress(ValueError):
            return read_json(row)
    return row


def _walk(value: Any, path: str = "$", depth: int = 3) -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict) and depth:
        for name, part in value.items():
            if re.fullmatch(r"[^.\[\]*$\s]+", str(name)):
                yield from _walk(part, f"{path}.{name}", depth - 1)


def lists_in(value: Any) -> Iterator[str]:
    """Places of lists of rows."""
    return (
        path
        for path, part in _walk(value)
        if isinstance(part, list) and all(isinstance(as_row(row), dict) for row in part)
    )


def numbers_in(value: Any) -> Iterator[tuple[str, int]]:
    """Places of numbers that could count something, and the numbers."""
    for path, part in _walk(value):
        if (number := count(part)) is not None and not isinstance(part, str):
            yield path, number


def texts_in(value: Any) -> Iterator[str]:
    """Places of texts that a later step could need: an address, a name, an id."""
    return (path for path, part in _walk(value) if path != "$" and isinstance(part, str) and len(part) > 5)


def only(found: Iterator[str]) -> str | None:
    """The one that there is; None where a person must choose."""
    listed = list(dict.fromkeys(found))
    return listed[0] if len(listed) == 1 else None


def count(value: Any) -> int | None:
    """A number of things; None for what counts nothing."""
    if isinstance(value, bool) or value is None:
        return None
    return int(value) if str(value).isdecimal() else None
