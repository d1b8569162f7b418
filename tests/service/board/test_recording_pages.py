"""The page of a recording in each of its states, in both languages: what it says, asks and offers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from shopdata.config import Shop
from shopdata.exceptions import RejectedFileError
from shopdata.periods import SHANGHAI
from shopdata.reasons import Reason
from shopdata.service.board.pages.record import part_values
from shopdata.service.board.rendering import RenderedPage, Renderer
from shopdata.service.board.visit import Visit
from shopdata.service.live.desk import Glance
from shopdata.service.people.roles import Role, Visitor
from shopdata.service.recordings.recording import RecordingNow
from shopdata.wording import Texts

SHOP = Shop(id="one", name="回力<b>旗舰店", platform="pdd", username="a", password=SecretStr("fake"))
FILES = {"recipes/pdd_new.yaml": "recipe: {version: 1}\n", "datasets/pdd_new.yaml": "title: <i>x</i>\n"}
LINES = [
    {"code": "is_day", "params": {"request": "POST /a", "field": "day", "form": "{start:s}"}, "doubt": False},
    {"code": "no_total", "params": {"request": "POST /a"}, "doubt": True},
]
CONTRACT = {"title": "pdd_new", "lag_days": 1, "columns": ["订单号", "金额"], "ids": ["订单号"], "keys": ["订单号"]}
TAKE = {"number": 1, "of": 2, "day": "2026-11-21"}
FILE = {"kind": "csv", "rows": 1, "columns": ["订单号", *map(str, range(9))]}
ASKING = {
    "lines": LINES, "contract": CONTRACT, "personal": [], "ends_in_file": True, "has_contract": False, "files": FILES,
    "folder": "/etc/x", "wrong": "",
}  # fmt: skip
BOTH = {"zh": "两边不同", "en": "not the same"}
#: What each state is about, and what its page must show: in Chinese, and in English.
STATES: dict[str, tuple[dict[str, Any], str, str]] = {
    "queued": ({}, "排第 1", "number 1 in the line"),
    "opening": ({}, "正在打开浏览器", "Opening the browser"),
    "take": (TAKE, "照平时那样导出", "Export it as you always do."),
    "took": ({**TAKE, "calls": 3, "files": [FILE]}, "收到文件：1 行", "A file came: 1 row, with 订单号"),
    "reading": ({}, "正在推出配方", "Working out the recipe"),
    "which": ({"choices": ["POST /a", "POST /b"]}, "POST /b", "POST /b"),
    "asking": (ASKING, "没有证明：", "Not proven:"),
    "refused": ({"lines": LINES}, "什么也没写", "nothing is written"),
    "written": ({"files": FILES, "folder": "/etc/x", "day": "2026-11-14"}, "在这里导出第三天", "Export the third day"),
    "handed_out": ({"files": FILES}, "下载文件", "Download the files"),
    "comparing": ({"day": "2026-11-14"}, "2026-11-14 的数据", "collects 2026-11-14"),
    "differs": ({"said": BOTH, "lines": {"zh": ["一处"], "en": ["one"]}, "log": ["last"]}, "两边不同", "not the same"),
    "proven": ({"said": BOTH}, "核对成功", "Proven"),
    "no_session": ({}, "还没有登录", "not signed in"),
    "signed_out": ({}, "重新登录", "a new sign-in"),
    **{state: ({}, "录制", "recording") for state in ("failed", "timed_out", "left", "closed", "browser_died")},
}


def visit(code: str) -> Visit:
    visitor = Visitor("wangfang", Role.ACT)
    known: dict[str, Any] = {"path": ("record", "pdd_new"), "query": {}, "form": {}, "mount": "../board", "token": "t"}
    return Visit(texts=Texts(code), now=datetime(2026, 11, 24, tzinfo=UTC), nonce="n", visitor=visitor, **known)


def page(code: str, state: str, about: dict[str, Any], view: str = "v") -> str:
    now, began = RecordingNow(state=state, about=about, number=3), datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
    values = part_values(Texts(code), "pdd_new", SHOP, now, view)
    found = Glance(now, "wangfang", began, view)
    made = RenderedPage("recording", "x", "record", {"found": found, "is_over": now.is_over, **values})
    return Renderer().page(visit(code), made).decode()


@pytest.mark.parametrize("state", STATES)
def test_each_state_says_what_is_so_in_both_languages(state: str) -> None:
    about, *words = STATES[state]
    for code, word in zip(("zh", "en"), words, strict=True):
        text = page(code, state, about)
        assert word in text
        assert "<b>旗舰店" not in text
        assert "<i>x</i>" not in text
        # What changes while one looks is the same without the rest of the page.
        now = RecordingNow(state=state, about=about, number=3)
        values = part_values(Texts(code), "pdd_new", SHOP, now, "v")
        assert word in Renderer().part(visit(code), "recording_parts", values).decode()


def test_an_export_that_proves_nothing_is_told_of_with_its_reason() -> None:
    damaged = RejectedFileError("it is cut short", code="file_damaged")
    now = RecordingNow(state="differs", about={"day": "2026-11-14"}, why=Reason.of(damaged))
    for code, word in (("zh", "文件不完整或已损坏。请发平台导出的原文件"), ("en", "cut short or damaged. Send it as")):
        values = part_values(Texts(code), "pdd_new", SHOP, now, "v")
        assert word in Renderer().part(visit(code), "recording_parts", values).decode()
    for code, word in (("zh", "证明不了什么"), ("en", "which proves nothing")):
        assert word in page(code, "written", {"day": "2026-11-14", "again": "shown_day"})


@pytest.mark.parametrize(
    ("state", "about", "words"),
    [
        ("take", {**TAKE, "day": "2026-11-16_2026-11-22", "period": "week"}, ("2026-11-16 – 2026-11-22", "这一周")),
        ("take", {**TAKE, "of": 1, "day": "2026-10-01_2026-10-31", "period": "month"}, ("核对：", "这一个月")),
        ("which", {"what": "sheet", "choices": ["订单 <b>", "费用"]}, ("几个工作表", "订单 &lt;b&gt;", "费用")),
        ("which", {"what": "sign", "choices": ["rewrite", "click"]}, ("只改请求里的日期", "请求不作任何改动")),
        (
            "asking",
            {**ASKING, "has_totals": True, "hosts": ["f.example"]},
            ("keep_totals", "新的主机 f.example", "host-0"),
        ),
        (
            "written",
            {"files": FILES, "day": "2026-11-09_2026-11-15", "last": "2026-11-15", "period": "week"},
            ("那一周的最后一天", 'value="2026-11-15"'),
        ),
    ],
)
def test_what_arises_is_asked(state: str, about: dict[str, Any], words: tuple[str, ...]) -> None:
    text = page("zh", state, about)
    assert [word for word in words if word not in text] == []


def test_somebody_else_sees_only_that_it_goes_on() -> None:
    text = page("zh", "take", TAKE, view="")
    assert "wangfang 正在录制这张报表" in text
    assert "2026-11-21" not in text
    assert "data-sitting" not in text
