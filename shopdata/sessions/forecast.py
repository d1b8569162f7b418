"""Until when a session is expected to last: by the lives of its shop's sessions before, else of all of its platform.

Says honestly when that is not known. Pure: it gets what the ledger has, and asks nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from shopdata.config import Shop
from shopdata.periods import SHANGHAI
from shopdata.sessions.life_table import Lived, Quantile, quantile
from shopdata.sessions.lives import Death
from shopdata.wording import Texts

if TYPE_CHECKING:
    from shopdata.ledger.session_lives import SessionLife

#: With fewer ends, an estimate is off by half as often as not.
ENOUGH_ENDS = 8
#: Portals change: what lies longer back says nothing about today.
REMEMBERED = timedelta(days=365)


@dataclass(frozen=True)
class Forecast:
    """When a session is likely to end. Times are aware; None where nobody knows."""

    #: Whose lives it was learnt from; "" for not known.
    learnt_from: Literal["shop", "platform", ""] = ""
    #: How many ends those had; where it is not known, how many there are of the platform.
    ends: int = 0
    #: One in five of those that live as long as this one does now is dead by then; the span holds the true moment in
    #: about eight cases of ten.
    at: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    #: It is older than any that was seen to end.
    is_outliving: bool = False
    #: The date of its own cookies: it lasts no longer, whatever the portal thinks of it.
    cookie_expires_at: datetime | None = None

    def ends_before(self, moment: datetime) -> bool:
        """True if it is expected to have ended by then."""
        ends = [end for end in (self.at, self.cookie_expires_at) if end is not None]
        return bool(ends) and min(ends) <= moment

    def as_json(self) -> dict[str, Any]:
        """As `scrapy sessions --json` has it."""
        times = {
            "at": self.at,
            "earliest": self.earliest,
            "latest": self.latest,
            "cookie_expires_at": self.cookie_expires_at,
        }
        return {
            "learnt_from": self.learnt_from,
            "ends": self.ends,
            "is_outliving": self.is_outliving,
            **{
                name: moment and moment.astimezone(SHANGHAI).isoformat(timespec="seconds")
                for name, moment in times.items()
            },
        }


class Forecasts:
    """What is known of all sessions' lives.

    Args:
        lives: those that began within `REMEMBERED`, of all shops.
    """

    def __init__(self, lives: Iterable[SessionLife]) -> None:
        self._of_shop: defaultdict[tuple[str, str], list[Lived]] = defaultdict(list)
        self._of_platform: defaultdict[str, list[Lived]] = defaultdict(list)
        self._open: dict[tuple[str, str, datetime], SessionLife] = {}
        self._last: dict[tuple[str, str], datetime] = {}
        for life in lives:
            self._open[life.platform, life.shop, life.signed_in_at] = life
            last = self._last.setdefault((life.platform, life.shop), life.signed_in_at)
            self._last[life.platform, life.shop] = max(last, life.signed_in_at)
            if (lived := _lived(life)) is not None:
                self._of_shop[life.platform, life.shop].append(lived)
                self._of_platform[life.platform].append(lived)
        self._ends_of_platform = {platform: _ends(lived) for platform, lived in self._of_platform.items()}

    def last_sign_in(self, shop: Shop) -> datetime | None:
        """When the shop has signed in last; None if nobody knows."""
        return self._last.get((shop.platform, shop.id))

    def of(self, shop: Shop, signed_in_at: datetime, good_at: datetime | None = None) -> Forecast:
        """The forecast for a session.

        Args:
            good_at: when it was last known to live, if somebody knows that besides the ledger.
        """
        life = self._open.get((shop.platform, shop.id, signed_in_at))
        known = [moment for moment in (good_at, life.last_good_at if life else None) if moment is not None]
        age = max((max(known) - signed_in_at).total_seconds(), 0) if known else 0
        expires_at = life.cookie_expires_at if life else None
        own, all_of_platform = self._of_shop[shop.platform, shop.id], self._of_platform[shop.platform]
        if _ends(own) >= ENOUGH_ENDS:
            return _forecast("shop", own, signed_in_at, age, expires_at)
        ends = self._ends_of_platform.get(shop.platform, 0)
        if ends >= ENOUGH_ENDS:
            return _forecast("platform", all_of_platform, signed_in_at, age, expires_at)
        return Forecast(ends=ends, cookie_expires_at=expires_at)


def _forecast(
    learnt_from: Literal["shop", "platform"],
    lives: list[Lived],
    signed_in_at: datetime,
    age: float,
    expires_at: datetime | None,
) -> Forecast:
    found: Quantile | None = quantile(lives, after=age)
    if found is None:
        is_outliving = not any(life.has_ended and life.seconds > age for life in lives)
        return Forecast(ends=_ends(lives), is_outliving=is_outliving, cookie_expires_at=expires_at)

    def moment(seconds: float) -> datetime:
        end = signed_in_at + timedelta(seconds=seconds)
        return end if expires_at is None else min(end, expires_at)

    return Forecast(
        learnt_from,
        _ends(lives),
        at=moment(found.seconds),
        earliest=moment(found.low),
        latest=moment(found.high),
        cookie_expires_at=expires_at,
    )


def _lived(life: SessionLife) -> Lived | None:
    """None for one that nobody has used: how long it lived, nobody knows."""
    seconds = (life.last_good_at - life.signed_in_at).total_seconds()
    # By the last good answer: it was found dead only when somebody asked, perhaps a night later.
    return Lived(seconds, life.death == Death.EXPIRED) if seconds > 0 else None


def _ends(lives: Iterable[Lived]) -> int:
    return sum(life.has_ended for life in lives)


# -- in words ----------------------------------------------------------------------------------------------------------

#: What lies farther ahead is told by the day.
_BY_THE_DAY = timedelta(days=2)


def until_when(t: Texts, forecast: Forecast, now: datetime) -> str:
    """「12-03 至 12-06」; that nobody knows, and how much is known, where that is so."""
    expires_at = forecast.cookie_expires_at
    if forecast.earliest is not None and forecast.latest is not None:
        return _span(t, forecast.earliest, forecast.latest, now)
    text = t("forecast.outliving") if forecast.is_outliving else t("forecast.unknown", n=forecast.ends, of=ENOUGH_ENDS)
    return text if expires_at is None else t("forecast.at_most", what=text, last=t.short(expires_at))


def learnt_from(t: Texts, forecast: Forecast) -> str:
    """What that is known from; "" where it is not."""
    if not forecast.learnt_from:
        return ""
    return t("forecast.from_shop" if forecast.learnt_from == "shop" else "forecast.from_platform", n=forecast.ends)


def _span(t: Texts, earliest: datetime, latest: datetime, now: datetime) -> str:
    if latest <= now:
        return t("forecast.any_time")
    # Both in the same way.
    first, last = (t.short(moment) for moment in (earliest, latest))
    if latest - now >= _BY_THE_DAY:
        first, last = first.partition(" ")[0], last.partition(" ")[0]
    if earliest <= now:
        return t("forecast.from_now", last=last)
    return last if first == last else t("format.range", first=first, last=last)
