"""Where a value stands in an answer: `$`, `$.a.b`, `$.rows[*].id`, and nothing else."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator

from shopdata.texts import read_json

_KEY = r"[^.\[\]*$\s][^.\[\]*$]*"
_PATH = re.compile(rf"\$(?:\.{_KEY}|\[\*\])*|{_KEY}(?:\.{_KEY}|\[\*\])*")
_PART = re.compile(rf"{_KEY}|\[\*\]")
_EVERY = "[*]"


def _checked(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is no place in an answer: write $, $.name, $.name.inner or $.rows[*].name")
    return path


#: A place in an answer, as a recipe writes it; `$.` may be left out.
AnswerPath = Annotated[str, AfterValidator(_checked)]


class NoSuchPlaceError(LookupError):
    """Raised where an answer has nothing at a path; `str()` says what it has there instead."""


def value_at(answer: Any, path: str) -> Any:
    """What stands at a path; with `[*]` a list of all that stand there.

    On the way, a text is read as the JSON that it holds: some interfaces send rows so (docs/portals.md 3.2).

    Raises:
        NoSuchPlaceError: nothing stands there.
    """
    parts = _parts(path)
    found = list(_walk(answer, parts))
    return found if _EVERY in parts else found[0]


@functools.lru_cache(maxsize=1000)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(_PART.findall(path.removeprefix("$")))


def _walk(value: Any, parts: tuple[str, ...]) -> Iterator[Any]:
    if not parts:
        yield value
        return
    part, rest = parts[0], parts[1:]
    if isinstance(value, str):
        try:
            value = read_json(value)
        except ValueError:
            raise NoSuchPlaceError(_told(value)) from None
    if part == _EVERY:
        if not isinstance(value, list):
            raise NoSuchPlaceError(_told(value))
        for one in value:
            yield from _walk(one, rest)
        return
    if not isinstance(value, dict) or part not in value:
        raise NoSuchPlaceError(_told(value))
    yield from _walk(value[part], rest)


def _told(value: Any) -> str:
    """The names of fields, never their values: those may be anything."""
    return ", ".join(sorted(map(str, value))) or "no fields" if isinstance(value, dict) else type(value).__name__
