"""Looks up what a person is told of a reason: title, what to do, and a few words about the particulars."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Any

from shopdata.reasons import Reason
from shopdata.wording.reasons import KINDS, Language

_KIND_OF: Mapping[str, str] = {code: name for name, kind in KINDS.items() for code in (name, *kind.finer)}
#: All codes that have texts.
CODES = frozenset(_KIND_OF)
#: Of these kinds only the reason's own sentence says what is wrong.
WORDLESS = frozenset({"failed", "needs_person", "usage_wrong"})
#: Kinds that need a person at the machine, who types `scrapy login SHOP`.
SIGN_IN_BY_HAND = frozenset({"challenge", "session_refused", "parked"})

_SAID = ("平台提示「{said}」", "the portal says: {said}")
_COMMA = ("、", ", ")


def kind_of(code: str) -> str:
    """The kind that a code belongs to; "failed" for one that has no texts: a newer version may have written it."""
    return _KIND_OF.get(code, "failed")


def title_of(kind: str, language: Language) -> str:
    """What is wrong."""
    return KINDS[kind].title[_at(language)]


def todo_of(kind: str, language: Language) -> str:
    """What helps, a sentence or two."""
    return KINDS[kind].todo[_at(language)]


def detail_of(reason: Reason, language: Language) -> str:
    """The particulars in a few words, what the portal said among them; "" if there are none."""
    at = _at(language)
    pattern = _patterns(reason.code)[at] or (_SAID[at] if reason.params.get("said") else "")
    facts = {
        name: _COMMA[at].join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in reason.params.items()
    }
    return pattern.format_map(_Facts(facts))


def essence_of(reason: Reason) -> tuple[Any, ...]:
    """What a person would call the same reason has the same essence: the code, and the facts that are told with it."""
    if reason.code not in CODES or reason.code == "unknown":
        return (reason.code, reason.text)
    return (reason.code, *(reason.params.get(name) for name in _holes(reason.code) or ("said",)))


class _Facts(dict[str, Any]):
    """Whoever wrote the reason may have known less than the text asks for."""

    def __missing__(self, name: str) -> str:
        return "…"


@cache
def _holes(code: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(_patterns(code)[0]) if name)


def _patterns(code: str) -> tuple[str, str]:
    return KINDS[kind_of(code)].finer.get(code, ("", ""))


def _at(language: Language) -> int:
    return 0 if language == "zh" else 1
