"""Until when a session is expected to last: learnt from its shop, else from its platform, else honestly not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from shopdata.config import Shop
from shopdata.ledger.session_lives import SessionLife
from shopdata.sessions.forecast import ENOUGH_ENDS, Forecast, Forecasts, learnt_from, until_when
from shopdata.sessions.lives import Death
from shopdata.wording import Texts

MakeShop = Callable[..., Shop]

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def lives(shop: str, days: Iterable[float], death: str = Death.EXPIRED, *, first: int = 0) -> list[SessionLife]:
    """Sessions one after the other, long ago."""
    found = []
    for number, length in enumerate(days, first):
        began = NOW - 300 * DAY + number * timedelta(hours=1)
        end = began + length * DAY
        found.append(
            SessionLife(
                platform="jd",
                shop=shop,
                signed_in_at=began,
                signed_in_by="password",
                last_good_at=end,
                died_at=end + DAY if death else None,
                death=death,
            )
        )
    return found


def open_life(shop: str, *, age_days: float = 0, cookie_days: float | None = None) -> SessionLife:
    expires_at = None if cookie_days is None else NOW + cookie_days * DAY
    return SessionLife(
        platform="jd",
        shop=shop,
        signed_in_at=NOW,
        signed_in_by="password",
        last_good_at=NOW + age_days * DAY,
        cookie_expires_at=expires_at,
    )


def test_of_its_own_shop_if_that_has_ended_often_enough(shop: Shop) -> None:
    known = [*lives("one", [6.0] * ENOUGH_ENDS), *lives("other", [2.0] * 50)]
    found = Forecasts(known).of(shop, NOW)
    assert found == Forecast("shop", 8, at=NOW + 6 * DAY, earliest=NOW + 6 * DAY, latest=NOW + 6 * DAY)


def test_else_of_all_of_its_platform(shop: Shop, make_shop: MakeShop) -> None:
    known = [*lives("one", [6.0] * 3), *lives("other", [6.0] * 5)]
    found = Forecasts(known).of(shop, NOW)
    assert (found.learnt_from, found.ends, found.at) == ("platform", 8, NOW + 6 * DAY)
    elsewhere = make_shop(platform="pdd")
    assert Forecasts(known).of(elsewhere, NOW) == Forecast()


@pytest.mark.parametrize("death", [Death.KICKED, Death.REPLACED, Death.DROPPED, Death.UNKNOWN, ""])
def test_what_did_not_end_by_its_age_is_no_end(shop: Shop, death: str) -> None:
    known = [*lives("one", [6.0] * (ENOUGH_ENDS - 1)), *lives("one", [1.0] * 20, death, first=50)]
    assert Forecasts(known).of(shop, NOW) == Forecast(ends=ENOUGH_ENDS - 1)


def test_one_that_was_never_used_tells_nothing(shop: Shop) -> None:
    assert Forecasts(lives("one", [0.0] * 20)).of(shop, NOW) == Forecast()


def test_never_beyond_the_date_of_its_cookie(shop: Shop) -> None:
    known = lives("one", [5, 5, 5, 6, 7, 8, 9, 10])
    free = Forecasts([*known, open_life("one")]).of(shop, NOW)
    assert free.earliest is not None
    assert free.latest is not None
    assert free.earliest <= NOW + 5 * DAY < free.latest
    bound = Forecasts([*known, open_life("one", cookie_days=3)]).of(shop, NOW)
    end = NOW + 3 * DAY
    assert (bound.at, bound.earliest, bound.latest, bound.cookie_expires_at) == (end, end, end, end)
    # Also where nothing else is known.
    bare = Forecasts([open_life("one", cookie_days=3)]).of(shop, NOW)
    assert (bare.learnt_from, bare.at) == ("", None)
    assert [bare.ends_before(NOW + days * DAY) for days in (2, 4)] == [False, True]


def test_it_is_compared_with_those_that_lived_as_long(shop: Shop) -> None:
    known = lives("one", [*[1.0] * 10, *[8.0] * 10])
    assert Forecasts([*known, open_life("one")]).of(shop, NOW).at == NOW + DAY
    assert Forecasts([*known, open_life("one", age_days=2)]).of(shop, NOW).at == NOW + 8 * DAY
    # Somebody has just asked.
    assert Forecasts([*known, open_life("one")]).of(shop, NOW, NOW + 2 * DAY).at == NOW + 8 * DAY
    oldest = Forecasts([*known, open_life("one", age_days=9)]).of(shop, NOW)
    assert oldest == Forecast(ends=20, is_outliving=True)
    assert not oldest.ends_before(NOW + 1000 * DAY)


def test_as_json() -> None:
    found = Forecast("shop", 8, at=NOW, earliest=NOW, latest=NOW + DAY, cookie_expires_at=None)
    assert found.as_json() == {
        "learnt_from": "shop",
        "ends": 8,
        "is_outliving": False,
        "at": "2026-03-01T17:00:00+08:00",
        "earliest": "2026-03-01T17:00:00+08:00",
        "latest": "2026-03-02T17:00:00+08:00",
        "cookie_expires_at": None,
    }


@pytest.mark.parametrize(
    ("forecast", "zh", "en"),
    [
        (Forecast(ends=3), "还不知道（已见 3/8 次到期）", "not known yet (3 of 8 ends seen)"),
        (Forecast(ends=9, is_outliving=True), "比以往都久，无法预计", "not known: older than any before it"),
        (
            Forecast(cookie_expires_at=NOW + DAY),
            "还不知道（已见 0/8 次到期），最晚 03-02 17:00",
            "not known yet (0 of 8 ends seen), 03-02 17:00 at the latest",
        ),
        (Forecast("shop", 8, NOW, NOW + 5 * DAY, NOW + 9 * DAY), "03-06 至 03-10", "03-06 to 03-10"),
        (Forecast("shop", 8, NOW, NOW + 5 * DAY, NOW + 5 * DAY), "03-06", "03-06"),
        (Forecast("shop", 8, NOW, NOW + DAY, NOW + DAY * 1.5),
         "03-02 17:00 至 03-03 05:00", "03-02 17:00 to 03-03 05:00"),
        (Forecast("shop", 8, NOW, NOW - DAY, NOW + 5 * DAY), "随时可能到期，多半不晚于 03-06", "any time, until 03-06"),
        (Forecast("shop", 8, NOW, NOW - DAY, NOW), "随时可能到期", "may end at any time"),
    ],
)  # fmt: skip
def test_in_words(forecast: Forecast, zh: str, en: str) -> None:
    assert [until_when(Texts(code), forecast, NOW) for code in ("zh", "en")] == [zh, en]


def test_whence_it_is_known() -> None:
    t = Texts("zh")
    assert learnt_from(t, Forecast()) == ""
    assert learnt_from(t, Forecast("shop", 9)) == "按本店 9 次到期估计"
    assert learnt_from(t, Forecast("platform", 9)) == "按同平台 9 次到期估计"
