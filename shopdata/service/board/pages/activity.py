"""Who did what, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from shopdata.ledger.acts import Act
from shopdata.periods import SHANGHAI, today
from shopdata.service.board.addresses import checked_day
from shopdata.service.board.answers import PageNotFoundError
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.wording import Texts

_ON_A_PAGE = 50


@dataclass(frozen=True)
class ActLine:
    """One act, in words."""

    act: Act
    what: str
    #: Its particulars, as programs call them.
    more: str


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?who=`, `?what=` and `?day=` narrow it; `?before=` is the number that the page before has ended with."""
    who, what, day = (visit.query.get(name, "") for name in ("who", "what", "day"))
    before = visit.query.get("before", "")
    if before and not (before.isdecimal() and before.isascii() and len(before) < 19):
        raise PageNotFoundError
    acts = sources.workspace.ledger.acts
    found = acts.latest(
        _ON_A_PAGE + 1,
        before=int(before) if before else None,
        user=who or None,
        code=what or None,
        day=_midnight(checked_day(day, today(visit.now))) if day else None,
    )
    shown = found[:_ON_A_PAGE]
    return RenderedPage(
        "activity",
        visit.texts("menu.activity"),
        "activity",
        {
            "lines": [ActLine(act, in_words(visit.texts, act), _more(act.params)) for act in shown],
            "older": str(shown[-1].number) if len(found) > _ON_A_PAGE else "",
            "users": acts.users(),
            "codes": [(code, name_of(visit.texts, code)) for code in acts.codes()],
            "who": who,
            "what": what,
            "day": day,
            "newest": today(visit.now).isoformat(),
        },
    )


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def in_words(t: Texts, act: Act) -> str:
    """What was done, and to what; a code that has no text yet stays as it is."""
    name = name_of(t, act.code)
    return t("activity.what", what=name, target=act.target) if act.target else name


def name_of(t: Texts, code: str) -> str:
    """A kind of acts."""
    return t(f"act.{code}") if t.has(f"act.{code}") else code


def _more(params: Mapping[str, Any]) -> str:
    return "  ".join(f"{name}={value}" for name, value in params.items())
