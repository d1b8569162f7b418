"""Troubles are put together by one rule: what needs the same of a person stands in one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shopdata.alerts.causes import Trouble, causes_of, trouble_of
from shopdata.alerts.in_words import what_of
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState
from shopdata.wording import Texts
from shopdata.wording.why import detail_of

DAYS = [f"2026-03-{day:02}" for day in range(1, 32)]
REFUSED = Reason("credentials_refused", {"said": "账号或密码错误"}, "shop '{shop}': credentials refused.")


def troubles(*cells: tuple[str, str, CellState, Reason]) -> list[Trouble]:
    return [
        trouble_of(state, replace(reason, text=reason.text.format(shop=shop, dt=dt)), shop=shop, name=shop, dt=dt)
        for shop, dt, state, reason in cells
    ]


def status(number: int) -> Reason:
    return Reason("http_status", {"status": number}, "shop '{shop}' {dt}: the portal refused.")


def test_a_parked_shop_is_one_cause_with_all_of_its_days() -> None:
    parked = replace(REFUSED, text="the shop waits for a person since an earlier run. Then: …")
    (cause,) = causes_of(
        troubles(*(("a", dt, CellState.NEEDS_LOGIN, REFUSED if dt == DAYS[0] else parked) for dt in DAYS))
    )
    assert [trouble.dt for trouble in cause.shops["a"]] == DAYS
    assert (cause.kind, detail_of(Texts("zh"), cause.reason)) == ("credentials_refused", "平台提示「账号或密码错误」")


def test_shops_with_one_cause_are_together_although_each_sentence_names_its_own() -> None:
    (cause,) = causes_of(troubles(*((f"s{n}", DAYS[0], CellState.NEEDS_LOGIN, REFUSED) for n in range(200))))
    assert len(cause.shops) == 200


def test_of_earlier_versions_there_is_only_the_sentence_and_nobody_reads_it() -> None:
    odd = Reason("unknown", {}, "an answer came that nobody knows")
    found = causes_of(
        troubles(
            ("a", DAYS[0], CellState.FAILED, odd),
            ("b", DAYS[1], CellState.FAILED, odd),
            ("a", DAYS[2], CellState.FAILED, replace(odd, text="shop 'a': credentials refused.")),
        )
    )
    assert [(cause.kind, list(cause.shops)) for cause in found] == [("failed", ["a", "b"]), ("failed", ["a"])]


def test_the_most_urgent_comes_first() -> None:
    found = causes_of(
        troubles(
            ("a", DAYS[0], CellState.NOT_READY, Reason("not_ready", {}, "the platform has not published it")),
            ("b", DAYS[0], CellState.FAILED, status(502)),
            ("c", DAYS[0], CellState.STAGED, NO_REASON),
            ("d", DAYS[0], CellState.NEEDS_LOGIN, REFUSED),
            ("e", DAYS[0], CellState.FAILED, status(500)),
            ("f", DAYS[0], CellState.FAILED, status(502)),
        )
    )
    assert [(cause.topic, detail_of(Texts("en"), cause.reason), list(cause.shops)) for cause in found] == [
        ("needs_login", "the portal says: 账号或密码错误", ["d"]),
        ("failed", "HTTP 502", ["b", "f"]),
        ("failed", "HTTP 500", ["e"]),
        ("unpublished", "", ["c"]),
        ("not_ready", "", ["a"]),
    ]


@pytest.mark.parametrize(
    ("state", "reason", "chinese"),
    [
        (CellState.NEEDS_LOGIN, REFUSED, "待登录：账号或密码被拒绝（平台提示「账号或密码错误」）。核对并更新"),
        (CellState.NOT_READY, Reason("not_ready", {}, "no."), "未出数：平台还没有"),
        (CellState.FAILED, Reason("unknown", {}, "something."), "失败：something."),
    ],
    ids=["told by its code", "not late yet", "only a sentence is known"],
)
def test_a_terminal_in_chinese_and_in_english(state: CellState, reason: Reason, chinese: str) -> None:
    (cause,) = causes_of(troubles(("a", DAYS[0], state, reason)))
    assert what_of(Texts("zh"), cause).startswith(chinese)
    assert what_of(Texts("en"), cause) == f"{state}: {reason.text.format(shop='a')}"


def test_in_chinese_too_a_person_is_told_what_to_type() -> None:
    (cause,) = causes_of(troubles(("a", DAYS[0], CellState.NEEDS_LOGIN, Reason("captcha_wanted", {}, "a slider."))))
    assert what_of(Texts("zh"), cause).endswith("`scrapy login a --headed`")
