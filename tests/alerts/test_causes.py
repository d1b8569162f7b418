"""Troubles are put together by one rule: what needs the same of a person stands in one line."""

from __future__ import annotations

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.states import CellState

DAYS = [f"2026-03-{day:02}" for day in range(1, 32)]
REFUSED = "shop '{shop}': credentials refused. Found 「账号或密码错误」. Fix them, then run `scrapy login {shop}`."


def troubles(*cells: tuple[str, str, CellState, str]) -> list[Trouble]:
    return [
        trouble_of(state, reason.format(shop=shop, dt=dt), shop=shop, name=f"店 {shop}", dt=dt)
        for shop, dt, state, reason in cells
    ]


def test_a_parked_shop_is_one_cause_with_all_of_its_days() -> None:
    told = "the shop waits for a person since an earlier run. Then: " + REFUSED
    (cause,) = causes_of(
        troubles(*(("a", dt, CellState.NEEDS_LOGIN, REFUSED if dt == DAYS[0] else told) for dt in DAYS))
    )
    assert [trouble.dt for trouble in cause.shops["a"]] == DAYS
    assert (cause.kind, cause.detail) == ("CredentialsRefusedError", "平台提示「账号或密码错误」")


def test_shops_with_one_cause_are_together_although_each_sentence_names_its_own() -> None:
    (cause,) = causes_of(troubles(*((f"s{n}", DAYS[0], CellState.NEEDS_LOGIN, REFUSED) for n in range(200))))
    assert len(cause.shops) == 200


def test_what_nobody_has_words_for_is_one_where_only_shop_and_period_differ() -> None:
    odd = "shop '{shop}' {dt}: an answer came that nobody knows"
    found = causes_of(
        troubles(
            ("a", DAYS[0], CellState.FAILED, odd),
            ("b", DAYS[1], CellState.FAILED, odd),
            ("a", DAYS[2], CellState.FAILED, "shop '{shop}' {dt}: another such answer"),
        )
    )
    assert [list(cause.shops) for cause in found] == [["a", "b"], ["a"]]


def test_the_most_urgent_comes_first() -> None:
    found = causes_of(
        troubles(
            ("a", DAYS[0], CellState.NOT_READY, "the platform has not published it"),
            ("b", DAYS[0], CellState.FAILED, "HTTP 502"),
            ("c", DAYS[0], CellState.STAGED, ""),
            ("d", DAYS[0], CellState.NEEDS_LOGIN, REFUSED),
            ("e", DAYS[0], CellState.FAILED, "HTTP 500"),
        )
    )
    assert [(cause.topic, cause.detail) for cause in found] == [
        ("needs_login", "平台提示「账号或密码错误」"),
        ("failed", "HTTP 502"),
        ("failed", "HTTP 500"),
        ("unpublished", ""),
        ("not_ready", ""),
    ]
