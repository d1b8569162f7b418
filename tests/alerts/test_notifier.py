"""What a channel is told: everything once, later only changes, and nothing is lost that could not be sent."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shipped_config
import tenacity
from pydantic import SecretStr
from webhook_receiver import MakeAlerts, Receiver

from shopdata.alerts.channels import Count
from shopdata.alerts.notifier import Notifier
from shopdata.alerts.start_failures import notify_broken_ledger, notify_start_failure
from shopdata.config import Alerts, Config, Shop
from shopdata.ledger import CellKey, Ledger, MissingShop, PartitionRecord, RawFile
from shopdata.periods import SHANGHAI
from shopdata.reasons import NO_REASON, Reason
from shopdata.states import CellState
from shopdata.wording import Texts

DT = "2026-03-01"
NAMES = {"a": "回力京东旗舰店", "b": "南极人京东自营店", "c": "云南白药京东专卖店"}
REFUSED = Reason("credentials_refused", {"said": "账号名与密码不匹配"}, "shop 'b': credentials refused.")
DOWN = Reason("http_status", {"status": 500}, "shop 'c', ppzh.jd.com: the portal refused. Found HTTP 500.")


#: As earlier versions have kept it.
TOLD = {
    "troubles": {"needs_login|CredentialsRefusedError|b": NAMES["b"], "failed|PortalError|c": NAMES["c"]},
    "notes": [],
    "complete": False,
}


class Clock:
    """09:00, until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)

    def __call__(self) -> datetime:
        return self.now

    def set(self, hour: int, minute: int = 0, *, day: int = 2) -> None:
        self.now = datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


class World:
    """A ledger with what happened, and a notifier that looks at it after each run."""

    def __init__(self, folder: Path, alerts: Alerts, receiver: Receiver) -> None:
        self.ledger = Ledger.at(folder)
        self.receiver = receiver
        self.clock = Clock()
        shops = tuple(
            Shop(id=shop, name=name, platform="jd", username="u", password=SecretStr("p"))
            for shop, name in NAMES.items()
        )
        pdd = Shop(id="p", name="拼多多店", platform="pdd", username="u", password=SecretStr("p"))
        self.config: Config = replace(shipped_config.load_shipped_config(), shops=(*shops, pdd), alerts=alerts)

    language = "zh"
    board_url: str | None = None

    def cells(self, dataset: str = "jd_store", dt: str = DT, **states: str | tuple[str, Reason]) -> None:
        """Puts cells into states; a reason may go with them. Publishes what is good."""
        keys = {shop: CellKey(dataset, dt, shop) for shop in states}
        platform = self.config.dataset(dataset).platform
        self.ledger.add_cells(platform, keys.values())
        good = [shop for shop, state in states.items() if state in ("published", "staged")]
        for shop in good:
            self.ledger.claim(keys[shop], "run")
            raw = RawFile(
                key=f"raw/{shop}",
                sha256="0" * 64,
                bytes=1,
                ext="xlsx",
                rows=100,
                fetched_at=self.clock(),
                in_store=True,
            )
            self.ledger.settle(keys[shop], raw.state, raw=raw)
        for shop, state in states.items():
            if shop not in good:
                self.ledger.settle(keys[shop], CellState(state[0]), state[1])
        published = [shop for shop, state in states.items() if state == "published"]
        missing = [
            MissingShop(id=cell.shop, state=cell.state, reason=cell.reason)
            for cell in self.ledger.cells(dataset, dt)
            if cell.shop not in published and not cell.state.is_done
        ]
        if published:
            record = PartitionRecord(
                dataset=dataset,
                platform=platform,
                dt=dt,
                rows=100 * len(published),
                published=len(published),
                missing=tuple(missing),
                run_id="run",
                receipt_key="r",
                parquet_sha256="",
                workbook_sha256="",
                published_at=self.clock(),
                refresh_state="COMPLETED",
            )
            self.ledger.publish(record, dict.fromkeys(published, "0" * 64))

    def tell(self, dataset: str = "jd_store", *dts: str, **receipt: Any) -> Count:
        """As at the end of a run."""
        notifier = Notifier(
            self.config, self.ledger, "run", Texts(self.language), board_url=self.board_url, clock=self.clock
        )
        return notifier.notify(dataset, dataset, dts or (DT,), {DT: receipt} if receipt else {})

    def told(self) -> list[str]:
        """The messages since somebody looked last."""
        texts = self.receiver.texts()
        self.receiver.taken.clear()
        return texts


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)


@pytest.fixture
def world(tmp_path: Path, make_alerts: MakeAlerts, receiver: Receiver) -> Iterator[World]:
    made = World(tmp_path, make_alerts("wecom"), receiver)
    yield made
    made.ledger.close()


def with_alerts(world: World, **more: Any) -> None:
    world.config = replace(world.config, alerts=world.config.alerts.model_copy(update=more))


class TestADay:
    def test_says_it_in_a_sentence_then_why_who_and_what_to_do(self, world: World) -> None:
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        assert world.tell() == Count(sent=1)
        assert world.told() == [
            "**京东供应链库存 2026-03-01：1/3 已入湖 · 1 待登录 · 1 失败**\n"
            "\n**账号或密码被拒绝（1 店）**\n"
            "> 南极人京东自营店：平台提示「账号名与密码不匹配」\n"
            "→ 核对并更新该店的账号密码（环境变量）；改好之前不会再试，以免锁号。\n"
            "\n**平台无响应或返回异常（1 店）**\n"
            "> 云南白药京东专卖店：HTTP 500\n"
            "→ 暂不用处理，下次运行自动重试；若一直如此，请人工打开后台查看。"
        ]

    def test_links_to_the_page_on_which_a_shop_is_signed_in(self, world: World) -> None:
        wants = Reason("sms_code_wanted", {"said": "见 https://evil.example/a"}, "JD asks for an SMS code")
        world.cells(a="published", b=("needs_login", wants), c=("failed", DOWN))
        world.board_url = "https://board.example.com/board/"
        world.tell()
        (told,) = world.told()
        # Just that shop's page and that of the days: no token, and nothing that a portal's words could make a link of.
        assert told.count("](") == 2
        page = "https://board.example.com/board/days/jd_store?end=2026-03-01&show=trouble&rows=all"
        assert told.splitlines()[1] == f"[在看板上查看]({page})"
        assert "[到看板上登录](https://board.example.com/board/sessions/b/live)" in told
        assert "scrapy login" not in told

    def test_a_good_day_is_linked_to_as_a_whole(self, world: World) -> None:
        world.cells(a="published", b="published", c="published")
        world.board_url = "https://board.example.com/board"
        world.tell()
        assert "[在看板上查看](https://board.example.com/board/days/jd_store?end=2026-03-01)" in world.told()[0]

    def test_the_owners_of_shops_are_called_where_a_person_must_see_to_something(
        self, world: World, make_alerts: MakeAlerts
    ) -> None:
        channel = {"mention": ["everybody"], "people": {"王芳": "wangfang", "李雷": "lilei", "韩梅": "hanmei"}}
        world.config = replace(world.config, alerts=make_alerts("wecom", channel=channel))
        owners = {"a": "王芳", "b": "李雷", "c": "韩梅"}

        def owned_by(owners: dict[str, str]) -> None:
            shops = tuple(shop.model_copy(update={"owner": owners.get(shop.id)}) for shop in world.config.shops)
            world.config = replace(world.config, shops=shops)

        owned_by(owners)
        # What passes by itself is nobody's to see to.
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        world.tell()
        (text,) = world.told()
        assert "> 南极人京东自营店（负责人：李雷）：平台提示「账号名与密码不匹配」" in text
        assert text.endswith("\n<@lilei>")
        # The same on the day after is not told to anybody by name.
        world.cells(dt="2026-03-02", a="published", b=("needs_login", REFUSED), c="published")
        world.tell("jd_store", "2026-03-02")
        (text,) = world.told()
        assert "仍未解决 1（已通知过）**\n> 南极人京东自营店" in text
        assert "<@" not in text
        # Another shop's, of which nobody is known: whoever is always called.
        owned_by({"a": "王芳"})
        world.cells(dt="2026-03-03", a="published", b="published", c=("needs_login", REFUSED))
        world.tell("jd_store", "2026-03-03")
        assert world.told()[0].endswith("\n<@everybody>")
        # A doubtful file is for its owner to look at.
        world.cells(dt="2026-03-04", a="published", b="published", c="published")
        few = [{"shop": "a", "kind": "few_rows", "column": "", "count": 12, "text": "few"}]
        Notifier(world.config, world.ledger, "run", Texts("zh"), clock=world.clock).notify(
            "jd_store", "jd_store", ["2026-03-04"], {"2026-03-04": {"warnings": few}}
        )
        assert world.told()[0].endswith("\n<@wangfang>")

    def test_a_trouble_is_told_once_until_the_shop_is_well_however_many_days(self, world: World) -> None:
        with_alerts(world, tell=("needs_login", "failed"))

        def told_on(day: int, dataset: str = "jd_store", **states: Any) -> str:
            world.cells(dataset, f"2026-03-0{day}", **states)
            world.tell(dataset, f"2026-03-0{day}")
            return "".join(world.told())

        good: dict[str, Any] = {"a": "published", "b": "published", "c": "published"}
        assert NAMES["b"] in told_on(1, **good | {"b": ("needs_login", REFUSED)})
        assert told_on(2, **good | {"b": ("needs_login", REFUSED)}) == ""
        # Another trouble of the same shop is news; then the first one still is not.
        assert NAMES["b"] in told_on(3, **good | {"b": ("failed", DOWN)})
        assert told_on(4, **good | {"b": ("needs_login", REFUSED)}) == ""
        # An earlier day that is collected by and by says nothing of today, nor does another shop's dataset.
        world.cells(dt="2026-02-20", **good)
        world.tell("jd_store", "2026-02-20")
        told_on(5, "pdd_chat", p="published")
        world.told()
        assert told_on(5, **good | {"b": ("needs_login", REFUSED)}) == ""
        assert told_on(6, **good) == ""
        assert NAMES["b"] in told_on(7, **good | {"b": ("needs_login", REFUSED)})

    def test_in_english_where_the_setting_says_so(self, world: World) -> None:
        world.language = "en"
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        drift = [{"shop": "a", "kind": "new_column", "column": "在途"}]
        assert world.tell(drift=drift) == Count(sent=1)
        (text,) = world.told()
        assert text.startswith("**JD inventory 2026-03-01: 1/3 in the lake · 1 needs_login · 1 failed**\n")
        assert "**User name or password refused (1 shop)**" in text
        assert "> new column '在途': 回力京东旗舰店" in text
        assert not re.search("[，。：；（）]", text)

    def test_nothing_changed_nothing_said(self, world: World) -> None:
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        world.tell()
        world.told()
        # The same trouble in other words: the shop is parked, the portal is down in another way.
        world.cells(
            b=("needs_login", replace(REFUSED, text=f"the shop waits for a person. Then: {REFUSED}")),
            c=("failed", Reason("no_answer", {}, "shop 'c': the portal did not answer: time-out.")),
        )
        assert world.tell() == Count()
        assert world.told() == []

    def test_then_only_changes_and_that_it_is_well_again(self, world: World) -> None:
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        world.tell()
        world.told()
        world.cells(a="published", c="published")
        world.tell()
        (text,) = world.told()
        assert text.startswith("**京东供应链库存 2026-03-01：2/3 已入湖 · 1 待登录**")
        assert "**已恢复 1**\n> 云南白药京东专卖店" in text
        assert "**仍未解决 1（已通知过）**\n> 南极人京东自营店" in text
        assert "账号或密码" not in text
        world.cells(a="published", b="published", c="published")
        world.tell()
        (text,) = world.told()
        assert text == "**京东供应链库存 2026-03-01：已恢复，3/3 已入湖**\n\n**已恢复 1**\n> 南极人京东自营店"
        assert world.tell() == Count()

    def test_another_trouble_of_the_same_shop_is_news(self, world: World) -> None:
        world.cells(a="published", b="published", c=("failed", DOWN))
        world.tell()
        world.told()
        world.cells(c=("rejected", Reason("missing_columns", {"columns": ("SKU",)}, "shop 'c': no.")))
        world.tell()
        (text,) = world.told()
        assert "新出现 · 文件不合格" in text
        assert "云南白药京东专卖店：缺少必需列「SKU」" in text
        assert "已恢复" not in text

    def test_a_shop_that_was_taken_out_has_not_recovered(self, world: World) -> None:
        world.cells(a="published", b=("needs_login", REFUSED), c=("failed", DOWN))
        world.tell()
        world.told()
        world.config = replace(world.config, shops=tuple(shop for shop in world.config.shops if shop.id != "c"))
        assert world.tell() == Count()

    def test_a_good_day_is_one_line(self, world: World) -> None:
        world.cells(a="published", b="published", c="published")
        world.tell()
        assert world.told() == ["**京东供应链库存 2026-03-01：3/3 已入湖**\n\n**共 300 行**"]
        assert world.tell() == Count()

    def test_a_good_day_is_not_told_where_nobody_wants_to_know(self, world: World) -> None:
        with_alerts(world, tell=("failed",))
        world.cells(a="published", b="published", c="published")
        assert world.tell() == Count()
        # What was bad before is told.
        world.cells(dt="2026-03-02", a="published", b="published", c=("failed", DOWN))
        world.tell("jd_store", "2026-03-02")
        world.cells(dt="2026-03-02", a="published", b="published", c="published")
        world.tell("jd_store", "2026-03-02")
        assert [text.splitlines()[0] for text in world.told()] == [
            "**京东供应链库存 2026-03-02：2/3 已入湖 · 1 失败**",
            "**京东供应链库存 2026-03-02：已恢复，3/3 已入湖**",
        ]

    def test_several_days_are_one_message(self, world: World) -> None:
        days = [f"2026-03-0{day}" for day in (1, 2, 3, 4)]
        for dt in days:
            world.cells(dt=dt, a="published", b="published", c=("failed", DOWN))
        world.tell("jd_store", *days)
        (text,) = world.told()
        assert text.startswith("**京东供应链库存 2026-03-01 至 2026-03-04（4 期）：8/12 已入湖 · 4 失败**")
        assert "平台无响应或返回异常（1 店）" in text
        assert "云南白药京东专卖店（03-01、03-02、03-03 等）：HTTP 500" in text


class TestOtherNews:
    def test_a_platform_that_is_late_is_told_after_the_deadline_once(self, world: World) -> None:
        world.cells(
            a="published", b="published", c=("not_ready", Reason("not_ready", {}, "the platform has not published it"))
        )
        world.tell()
        assert world.told() == []
        # The ledger's own clock says since when the platform is not ready.
        world.clock.now = datetime.now(SHANGHAI) + timedelta(days=2)
        world.tell()
        (text,) = world.told()
        assert "1 未出数" in text
        assert "过了截止时间，平台仍未出数（1 店）" in text
        assert world.tell() == Count()

    def test_what_is_collected_and_not_in_the_lake(self, world: World) -> None:
        world.cells(a="staged", b="staged", c="staged")
        world.tell()
        (text,) = world.told()
        assert text.startswith("**京东供应链库存 2026-03-01：0/3 已入湖 · 3 待合并**")
        assert "文件不会丢" in text

    def test_dremio(self, world: World) -> None:
        world.cells(a="published", b="published", c="published")
        world.ledger.set_refresh("jd_store", DT, "FAILED", Reason("refresh_failed", {}, "Dremio can't be reached."))
        world.tell()
        assert "Dremio 未刷新（数据已入湖）" in world.told()[0]
        world.ledger.set_refresh("jd_store", DT, "COMPLETED", NO_REASON)
        world.tell()
        (text,) = world.told()
        assert "已恢复，3/3" in text
        assert "> Dremio" in text

    def test_columns_that_changed_are_told_once_and_not_every_day(self, world: World) -> None:
        drift = [{"shop": shop, "kind": "new_column", "column": "在途", "count": 0, "text": ""} for shop in ("a", "b")]
        for dt in (DT, "2026-03-02"):
            world.cells(dt=dt, a="published", b="published", c="published")
        world.tell(drift=drift)
        assert "**列有变化（已照常入湖）**\n> 新增列「在途」：回力京东旗舰店、南极人京东自营店" in world.told()[0]
        Notifier(world.config, world.ledger, "run", Texts("zh"), clock=world.clock).notify(
            "jd_store", "jd_store", ["2026-03-02"], {"2026-03-02": {"drift": drift}}
        )
        (text,) = world.told()
        assert "在途" not in text

    def test_figures_that_the_platform_changed_in_numbers(self, world: World) -> None:
        world.cells(a="published", b="published", c="published")
        world.tell()
        world.told()
        none = {"cells": 0, "rows_added": 0, "rows_removed": 0, "run_id": "r", "was": "1234"}
        restated = [
            {"shop": "a", **none, "column": "", "rows_added": 2, "rows_removed": 1},
            {"shop": "a", **none, "column": "可用库存", "cells": 7},
        ]
        world.tell(restated=restated)
        (text,) = world.told()
        assert "**平台改了历史数据，已更新入湖**" in text
        assert "> 新增 2 行，减少 1 行：回力京东旗舰店\n> 列「可用库存」改了 7 处：回力京东旗舰店" in text
        world.tell(restated=restated)
        assert world.told() == []

    def test_a_doubtful_file_is_told_once_until_the_shop_is_plausible_again(self, world: World) -> None:
        def told_on(day: int, *shops: str) -> str:
            dt = f"2026-03-0{day}"
            world.cells(dt=dt, a="published", b="published", c="published")
            few = [{"shop": shop, "kind": "few_rows", "column": "", "count": 12, "text": "few"} for shop in shops]
            notifier = Notifier(world.config, world.ledger, "run", Texts("zh"), clock=world.clock)
            notifier.notify("jd_store", "jd_store", [dt], {dt: {"warnings": few}})
            return "".join(world.told())

        assert NAMES["a"] in told_on(1, "a")
        assert "行数" not in told_on(2, "a")
        # Another one is news, the first one still is not.
        text = told_on(3, "a", "b")
        assert "行数远少于平时" in text
        assert NAMES["b"] in text
        assert NAMES["a"] not in text
        assert "行数" not in told_on(4, "b")
        assert NAMES["a"] in told_on(5, "a", "b")

    def test_one_line_for_each_check_whatever_columns_it_is_about(self, world: World) -> None:
        world.cells(a="published", b="published", c="published")
        found = [
            {"shop": shop, "kind": "less_filled", "column": column, "count": 9, "text": "…"}
            for shop in ("a", "b")
            for column in ("品牌", "可用库存", "在途", "销量")
        ]
        world.board_url = "https://board.example.com/board"
        world.tell(warnings=[*found, {"shop": "b", "kind": "double_keys", "column": "", "count": 1, "text": "…"}])
        (text,) = world.told()
        # Nothing is wrong, something is doubtful: the board shows whose files those are.
        assert "/board/days/jd_store?end=2026-03-01&show=doubtful&rows=all)" in text
        block = text.partition("**文件有异常")[2] or text
        lines = [line for line in block.splitlines() if line.startswith("> ")]
        assert len(lines) == 2
        assert "品牌、可用库存、在途 等 4 列" in lines[0]
        assert lines[0].endswith("：回力京东旗舰店、南极人京东自营店")
        # Another column of the same shops is news, what was told is not.
        found.append({"shop": "a", "kind": "less_filled", "column": "单价", "count": 9, "text": "…"})
        world.tell(warnings=found)
        (text,) = world.told()
        assert "「单价」" in text
        assert "品牌" not in text

    def test_what_most_shops_have_at_once_is_told_as_a_whole(self, world: World, make_alerts: MakeAlerts) -> None:
        """It is the portal's day that is not ready: no shop is named, and no owner called."""
        world.config = replace(
            world.config,
            alerts=make_alerts("wecom", channel={"mention": [], "people": {"王芳": "wangfang"}}),
            shops=tuple(shop.model_copy(update={"owner": "王芳"}) for shop in world.config.shops),
        )

        def found(*shops: str, kind: str = "few_rows") -> list[dict[str, Any]]:
            return [{"shop": shop, "kind": kind, "column": "", "count": 12, "text": "few"} for shop in shops]

        def lines(text: str) -> list[str]:
            return [line for line in text.splitlines() if line.startswith("> ")]

        world.cells(a="published", b="published", c="published")
        world.tell(warnings=[*found("a", "b"), *found("c", kind="zero_rows"), *found("a", kind="double_keys")])
        (text,) = world.told()
        common, keys = lines(text)
        assert common.startswith("> 3 家店中有 3 家行数远少于平时、一行也没有：多半是平台这一天的数据还没有出齐")
        # What stands in one file stays that shop's.
        assert NAMES["a"] in keys
        assert "wangfang" in text
        # Two of three may be two shops' own trouble.
        world.cells(dt="2026-03-03", a="published", b="published", c="published")
        notifier = Notifier(world.config, world.ledger, "run", Texts("en"), clock=world.clock)
        notifier.notify(
            "jd_store", "jd_store", ["2026-03-03"], {"2026-03-03": {"warnings": found("b", "c", kind="same_file")}}
        )
        (line,) = lines(world.told()[-1])
        assert NAMES["b"] in line
        assert NAMES["c"] in line
        # Files that wait for another answer when it is late.
        waits = ("not_ready", Reason("few_rows", {"rows": 12, "usual": 100, "count": 12}, "doubtful: few rows: 12."))
        others = ("not_ready", Reason("few_rows", {"rows": 9, "usual": 70, "count": 9}, "doubtful: few rows: 9."))
        world.cells(dt="2026-02-20", a=waits, b=others, c=others)
        world.clock.now = datetime.now(SHANGHAI) + timedelta(days=2)
        notifier.notify("jd_store", "jd_store", ["2026-02-20"], {})
        (line,) = lines(world.told()[-1])
        assert line.startswith("> 3 of 3 shops: far fewer rows than usual; probably the portal's day is not ready")

    def test_reasons_that_nobody_has_words_for_are_quoted(self, world: World) -> None:
        odd = Reason("of_a_newer_version", {}, "something that nobody has met before.")
        world.cells(a="published", b="published", c=("failed", odd))
        world.tell()
        assert "> 云南白药京东专卖店：something that nobody has met before." in world.told()[0]


class TestAfterAnUpgrade:
    """What earlier versions have told is under the names of error classes, and their cells have sentences only."""

    @pytest.mark.parametrize("has_code", [True, False], ids=["asked since", "not asked since"])
    def test_what_was_told_is_not_told_again(self, world: World, has_code: bool) -> None:
        world.ledger.notifications.put(f"alerts/wecom/jd_store/{DT}", TOLD, world.clock())
        refused, down = (one if has_code else Reason("unknown", {}, one.text) for one in (REFUSED, DOWN))
        world.cells(a="published", b=("needs_login", refused), c=("failed", down))
        assert world.tell() == Count()

    def test_what_is_new_is_told(self, world: World) -> None:
        world.ledger.notifications.put(f"alerts/wecom/jd_store/{DT}", TOLD, world.clock())
        world.cells(a="published", b=("rejected", Reason("unknown", {}, "no.")), c=("failed", DOWN))
        world.tell()
        (text,) = world.told()
        assert "新出现 · 文件不合格" in text
        assert f"仍未解决 1（已通知过）**\n> {NAMES['c']}" in text


class TestNothingIsLost:
    def test_a_channel_that_is_down_is_told_by_the_next_run_of_whatever_spider(self, world: World) -> None:
        world.receiver.instead = [(500, b"")]
        world.cells(a="published", b="published", c=("failed", DOWN))
        assert world.tell() == Count(failed=1)
        world.cells("pdd_chat", p="published")
        assert world.tell("pdd_chat") == Count(sent=1)
        (text,) = world.told()
        assert text.startswith("**拼多多客服聊天 2026-03-01：1/1 已入湖**")
        assert "**京东供应链库存 2026-03-01：2/3 已入湖 · 1 失败**" in text
        assert world.tell() == world.tell("pdd_chat") == Count()

    def test_what_is_well_again_before_it_could_be_told_is_told_as_it_is(self, world: World) -> None:
        with_alerts(world, tell=("failed",))
        world.receiver.instead = [(500, b"")]
        world.cells(a="published", b="published", c=("failed", DOWN))
        world.tell()
        world.cells(a="published", b="published", c="published")
        assert world.tell() == Count()
        assert world.tell("pdd_chat") == Count()

    def test_quiet_hours_hold_back_and_the_first_run_after_them_tells(
        self, world: World, make_alerts: MakeAlerts
    ) -> None:
        world.config = replace(
            world.config, alerts=make_alerts("wecom", quiet_hours={"start": "22:00", "end": "07:30"})
        )
        world.clock.set(23)
        world.cells(a="published", b=("needs_login", REFUSED), c="published")
        restated = [{"shop": "a", "column": "可用库存", "cells": 7, "rows_added": 0, "rows_removed": 0, "was": "1"}]
        assert world.tell(restated=restated) == Count(held=1)
        assert world.tell() == Count(held=1)
        assert world.told() == []
        world.clock.set(8, day=3)
        assert world.tell("pdd_chat", "2026-03-02") == Count(sent=1)
        (text,) = world.told()
        assert "账号或密码被拒绝" in text
        # What only that run's receipt said is still there.
        assert "列「可用库存」改了 7 处" in text

    def test_too_many_in_a_minute_wait(self, world: World, make_alerts: MakeAlerts) -> None:
        world.config = replace(world.config, alerts=make_alerts("wecom", channel={"messages_per_minute": 2}))
        counts = []
        for day in range(1, 5):
            world.cells(dt=f"2026-03-0{day}", a="published", b="published", c=("failed", DOWN))
            counts.append(world.tell("jd_store", f"2026-03-0{day}"))
        assert counts == [Count(sent=1), Count(sent=1), Count(held=1), Count(held=1)]
        world.clock.now += timedelta(minutes=1)
        assert world.tell("pdd_chat", "2026-02-01") == Count(sent=1)
        assert "2026-03-03 至 2026-03-04（2 期）" in world.told()[-1]

    def test_each_channel_has_its_own_memory(self, world: World, make_alerts: MakeAlerts) -> None:
        world.config = replace(world.config, alerts=make_alerts("wecom", "dingtalk"))
        world.receiver.instead = [(500, b"")]
        world.cells(a="published", b="published", c=("failed", DOWN))
        assert world.tell() == Count(sent=1, failed=1)
        assert world.tell() == Count(sent=1)
        assert [kind for kind, _ in world.receiver.taken] == ["dingtalk", "wecom"]

    def test_a_channel_for_some_datasets(self, world: World, make_alerts: MakeAlerts) -> None:
        world.config = replace(world.config, alerts=make_alerts("wecom", channel={"datasets": ["pdd_chat"]}))
        world.cells(a="published", b="published", c=("failed", DOWN))
        assert world.tell() == Count()

    def test_two_runs_that_end_together_tell_it_once(self, world: World) -> None:
        world.cells(a="published", b="published", c=("failed", DOWN))
        threads = [threading.Thread(target=world.tell) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(world.told()) == 1

    def test_a_run_that_was_killed_while_it_told_is_not_waited_for_for_ever(self, world: World) -> None:
        world.ledger.notifications.put(
            "turns/wecom",
            {"owner": "gone", "until": (world.clock() + timedelta(seconds=60)).isoformat()},
            world.clock(),
        )
        with_alerts(world, deadline_seconds=0.5)
        world.cells(a="published", b="published", c=("failed", DOWN))
        assert world.tell() == Count(held=1)
        world.clock.now += timedelta(seconds=61)
        with_alerts(world, deadline_seconds=600)
        assert world.tell("pdd_chat") == Count(sent=1)


class TestRefusals:
    SENTENCE = "pipelines_config/shops.yaml:5 shops[0].usernam: the key 'usernam' is not known."

    def refuse(
        self, world: World, spider: str = "jd_store", sentence: str = SENTENCE, code: str = "config_wrong"
    ) -> Count:
        t, reason = Texts("zh"), Reason(code, text=sentence)
        return notify_start_failure(t, world.config.alerts, spider, reason, world.ledger, world.clock())

    def test_a_crawl_that_did_not_start_is_told_once(self, world: World) -> None:
        assert self.refuse(world) == Count(sent=1)
        (text,) = world.told()
        assert text.startswith("**取数任务没能启动：jd_store**")
        assert "配置文件有误" in text
        assert "shops.yaml:5" in text
        assert "scrapy check_config" in text
        assert self.refuse(world) == Count()
        assert self.refuse(world, sentence="another mistake.") == Count(sent=1)

    def test_the_members_of_a_run_that_fail_together_tell_it_once(self, world: World) -> None:
        threads = [threading.Thread(target=self.refuse, args=(world,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(world.told()) == 1

    def test_is_told_in_the_words_of_its_code_where_there_are_any(self, world: World) -> None:
        assert self.refuse(world, sentence="it is locked.", code="ledger_failed") == Count(sent=1)
        (text,) = world.told()
        assert "账本数据库不可用" in text
        assert "检查数据库和磁盘" in text
        assert "it is locked." in text

    def test_what_an_earlier_version_has_told_is_not_told_anew(self, world: World) -> None:
        world.ledger.notifications.put(
            "refused/wecom/jd_store", {"sentence": self.SENTENCE, "due": True}, world.clock()
        )
        assert world.tell("pdd_chat") == Count(sent=1)
        assert "shops.yaml:5" in world.told()[0]

    def test_again_after_it_had_started_in_between(self, world: World) -> None:
        self.refuse(world)
        world.tell()
        assert self.refuse(world) == Count(sent=1)

    def test_waits_for_the_end_of_quiet_hours_or_of_trouble(self, world: World) -> None:
        world.receiver.instead = [(500, b"")]
        assert self.refuse(world) == Count(failed=1)
        assert world.tell("pdd_chat") == Count(sent=1)
        assert "没能启动" in world.told()[0]

    def test_without_a_ledger_nothing_is_held_back(self, world: World) -> None:
        t, alerts = Texts("zh"), world.config.alerts
        assert notify_start_failure(
            t, alerts, "jd_store", Reason("config_wrong", text="it."), None, world.clock()
        ) == Count(sent=1)
        assert notify_broken_ledger(
            t, alerts, "jd_store", Reason("ledger_failed", text="the ledger is locked.")
        ) == Count(sent=1)
        assert "账本读不出来" in world.told()[1]
