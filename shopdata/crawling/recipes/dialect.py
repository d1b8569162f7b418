"""What a platform's package says once for all of its recipes: how its answers say no, and what rows are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """A clear no: the portal has understood, and does not do it."""

    said: str
    code: str = ""


@dataclass(frozen=True)
class Dialect:
    """How the answers of a platform, or of one of its sub-systems, are read.

    Dead sessions and risk control are the login's business (`sessions.sign_in.PlatformLogin`), for all requests.
    """

    #: The no in an answer; None where it says none.
    refusal: Callable[[Mapping[str, Any]], Refusal | None] = lambda answer: None
    #: What `$` is in a recipe.
    content: Callable[[Mapping[str, Any]], Any] = lambda answer: answer
    #: What the platform's own pages send with every call.
    headers: Mapping[str, str] = field(default_factory=dict)


#: The answer as it comes.
PLAIN = Dialect()


@dataclass(frozen=True)
class RowMaker:
    """For lists within lists whose rows are made of both."""

    #: Of an outer row and the inner ones: what is written.
    rows: Callable[[Mapping[str, Any], Iterable[Mapping[str, Any]]], Iterator[Mapping[str, Any]]]
    #: A written row without what must not be kept.
    masked: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    #: The path of the inner list that it is for, by which a recording knows it.
    path: str = ""
