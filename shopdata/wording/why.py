"""Looks up what a person is told of a reason: title, what to do, and a few words about the particulars."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from string import Formatter
from typing import Any

from shopdata.reasons import UNKNOWN, Reason
from shopdata.wording.texts import Texts, catalogue

#: The kind of a code without texts: a newer version, or a platform from outside, may have written it.
OTHER = "failed"
#: Of these kinds only the reason's own sentence says what is wrong.
WORDLESS = frozenset({OTHER, "needs_person", "usage_wrong"})
#: Kinds that need a person at the machine, who types `scrapy login SHOP`.
SIGN_IN_BY_HAND = frozenset({"challenge", "session_refused", "parked"})


def kind_of(code: str) -> str:
    """The kind that a code belongs to: what needs the same of a person."""
    return kinds().get(code, OTHER)


@cache
def kinds() -> Mapping[str, str]:
    """All codes that have texts, with their kinds."""
    found: dict[str, str] = {}
    for key in catalogue("zh"):
        if key.startswith("reason."):
            _, kind, part = key.split(".")
            found[kind if part in ("title", "todo") else part] = kind
    return found


def title_of(t: Texts, kind: str) -> str:
    """What is wrong."""
    return t(f"reason.{kind}.title")


def todo_of(t: Texts, kind: str) -> str:
    """What helps, a sentence or two."""
    return t(f"reason.{kind}.todo")


def detail_of(t: Texts, reason: Reason) -> str:
    """The particulars in a few words, what the portal said among them; "" if there are none."""
    pattern = _pattern(t.code, reason.code) or (t("format.said") if reason.params.get("said") else "")
    facts = {
        name: t("format.listed").join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in reason.params.items()
    }
    return pattern.format_map(_Facts(facts))


def essence_of(reason: Reason) -> tuple[Hashable, ...]:
    """Equal for what a person would call the same reason: its code, and the facts that are told with it."""
    if reason.code == UNKNOWN or reason.code not in kinds():
        return (reason.code, reason.text)
    return (reason.code, *(reason.params.get(name) for name in _holes(reason.code) or ("said",)))


class _Facts(dict[str, Any]):
    """Whoever wrote the reason may have known less than the text asks for."""

    def __missing__(self, name: str) -> str:
        return "…"


@cache
def _holes(code: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(_pattern("zh", code)) if name)


def _pattern(language: str, code: str) -> str:
    return catalogue(language).get(f"reason.{kind_of(code)}.{code}", "")
