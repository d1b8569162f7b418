"""Which shops are signed in, since when and until when, which wait for a person, and what that person types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shopdata.config import Shop
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.board import grid
from shopdata.service.board.notes import in_short
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.service.sign_ins.records import Record
from shopdata.sessions.forecast import REMEMBERED, Forecast, Forecasts, learnt_from, until_when
from shopdata.sessions.sessions import AboutSession
from shopdata.states import CellState
from shopdata.wording import Texts

#: So many sign-ins from the board are shown below the shops.
_MOST_PAST = 20


@dataclass(frozen=True)
class SessionLine:
    """One shop. `state` is parked, dead, none, unknown (saved, never checked), alive, or unread."""

    account: Shop
    state: str
    saved_at: datetime | None
    checked_at: datetime | None
    parked: Reason
    screenshot_at: datetime | None
    #: Another key has saved it: whether it lives can't be asked.
    is_of_other_key: bool = False
    #: None where there is nothing that could last.
    expected: Forecast | None = None

    @property
    def shop(self) -> str:
        return self.account.id

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def kind(self) -> str:
        return {"parked": "trouble", "dead": "moving", "none": "moving", "unread": "moving"}.get(self.state, "done")

    @property
    def command(self) -> str:
        """What a person types."""
        return f"scrapy login {self.shop} {'--again' if self.is_of_other_key else '--headed'}"


def page(sources: Sources, visit: Visit) -> RenderedPage:
    """`?show=` and `?q=` narrow the shops."""
    shops = [shop for shop in sources.config().shops if shop.enabled]
    about = sources.sessions.about(shops)
    forecasts = Forecasts(sources.workspace.ledger.session_lives.since(visit.now - REMEMBERED))
    lines = [_line(sources, shop, about[shop.id], forecasts) for shop in shops]
    order = ("parked", "dead", "none", "unread", "unknown", "alive")
    lines.sort(key=lambda line: order.index(line.state))
    return RenderedPage(
        "sessions",
        visit.texts("menu.sessions"),
        "sessions",
        {
            "lines": lines,
            "can_sign_in": sources.sign_ins is not None,
            "past": _past(sources, visit.texts),
            "counts": grid.count_kinds(lines),
            "until_when": lambda line: until_when(visit.texts, line.expected, visit.now),
            "learnt_from": lambda line: learnt_from(visit.texts, line.expected),
            "parked_reason": lambda line: in_short(visit.texts, CellState.NEEDS_LOGIN, line.parked),
            "filter": grid.Filter.of(visit),
        },
    )


@dataclass(frozen=True)
class PastSignIn:
    """One from the board that is over."""

    shop: str
    user: str
    address: str
    started_at: datetime
    seconds: float
    outcome: str
    #: What the portal asked for, in words.
    asked: str
    points: int
    keys: int
    hosts: str


def _past(sources: Sources, t: Texts) -> list[PastSignIn]:
    if sources.sign_ins is None:
        return []
    names = {shop.id: shop.name for shop in sources.config().shops}
    return [_past_sign_in(entry, names, t) for entry in sources.sign_ins.latest(_MOST_PAST)]


def _past_sign_in(entry: Record, names: Mapping[str, str], t: Texts) -> PastSignIn:
    began = datetime.fromisoformat(entry["started_at"])
    ended = datetime.fromisoformat(entry["ended_at"] or entry["started_at"])
    asked = dict.fromkeys(kind if t.has(f"live.past.asked.{kind}") else "other" for kind in entry["asked"])
    return PastSignIn(
        shop=names.get(entry["shop"], entry["shop"]),
        user=entry["user"],
        address=entry["address"],
        started_at=began,
        seconds=(ended - began).total_seconds(),
        outcome=entry["outcome"],
        asked=t("format.listed").join(t(f"live.past.asked.{kind}") for kind in asked),
        points=entry["points"],
        keys=entry["keys"],
        hosts=t("format.listed").join(entry["hosts"]),
    )


def _line(sources: Sources, shop: Shop, about: AboutSession | None, forecasts: Forecasts | None = None) -> SessionLine:
    if about is None:
        return SessionLine(shop, "unread", None, None, NO_REASON, None)
    state = "none" if about.saved_at is None else about.checked_state or "unknown"
    if about.parked:
        state = "parked"
    elif state not in ("alive", "dead", "none"):
        state = "unknown"
    shown = sources.screenshot_time(shop.platform, shop.id) if about.parked else None
    expected = None
    if forecasts is not None and about.saved_at is not None and about.checked_state != "dead":
        expected = forecasts.of(shop, about.saved_at, about.checked_at if about.checked_state == "alive" else None)
    return SessionLine(
        shop, state, about.saved_at, about.checked_at, about.parked, shown, about.is_of_other_key, expected
    )
