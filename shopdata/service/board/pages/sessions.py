"""Which shops are signed in, since when and until when, which wait for a person, and what that person types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shopdata.config import Shop
from shopdata.reasons import NO_REASON, Reason
from shopdata.service.board import grid
from shopdata.service.board.notes import in_short
from shopdata.service.board.rendering import RenderedPage
from shopdata.service.board.sources import Sources
from shopdata.service.board.visit import Visit
from shopdata.sessions.forecast import REMEMBERED, Forecast, Forecasts, learnt_from, until_when
from shopdata.sessions.sessions import AboutSession
from shopdata.states import CellState


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
            "counts": grid.count_kinds(lines),
            "until_when": lambda line: until_when(visit.texts, line.expected, visit.now),
            "learnt_from": lambda line: learnt_from(visit.texts, line.expected),
            "parked_reason": lambda line: in_short(visit.texts, CellState.NEEDS_LOGIN, line.parked),
            "filter": grid.Filter.of(visit),
        },
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
