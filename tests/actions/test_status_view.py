"""What `scrapy status` shows to people, of few shops and of many: a sentence, a line for each dataset, reasons once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr
from rich.cells import cell_len
from shipped_config import load_shipped_config

from shopdata.actions.status import show_status
from shopdata.config import Config, Shop
from shopdata.ledger import Ledger
from shopdata.ledger.schema import CellRow, PartitionRow
from shopdata.periods import SHANGHAI, today
from shopdata.states import CellState
from shopdata.wording import Texts

#: Noon, when what is asked for today is due.
NOW = datetime(2026, 3, 10, 12, tzinfo=SHANGHAI)
#: The newest first; the first is what jd_store is asked for today.
DAYS = [str(today(NOW) - timedelta(days=number)) for number in range(1, 8)]
CODE = "credentials_refused"
REFUSED = "shop '{0}': credentials refused. Found 「账号或密码错误」. Fix them, or run `scrapy login {0}`."
Show = Callable[..., list[str]]


def shops(count: int) -> tuple[Shop, ...]:
    return tuple(
        Shop(id=f"shop-{n:03}", name=f"回力{n}号店", platform="jd", username="u", password=SecretStr("p"))
        for n in range(count)
    )


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    """Fills a ledger with jd_store's cells, those in `troubles` in trouble on all days, and shows it."""

    def run(
        count: int, troubles: dict[str, tuple[CellState, str]], *options: str, width: int = 80, language: str = "en"
    ) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        config: Config | None = replace(load_shipped_config(), shops=shops(count))
        rows: list[Any] = []
        for dt in DAYS if count else ():
            missing = []
            for shop in shops(count):
                state, reason = troubles.get(shop.id, (CellState.PUBLISHED, ""))
                reason = reason.format(shop.id)
                rows.append(
                    CellRow(dataset="jd_store", dt=dt, shop=shop.id, platform="jd", state=state.value, rows=20,
                            attempts=1, reason=reason, reason_code=CODE if reason else "", updated_at=NOW, run_id="r")
                )  # fmt: skip
                if reason and not state.is_done:
                    missing.append({"id": shop.id, "state": state.value, "reason": reason, "code": CODE})
            rows.append(
                PartitionRow(dataset="jd_store", dt=dt, platform="jd", rows=20 * (count - len(missing)),
                             published=count - len(missing), missing=missing, columns=[], published_at=NOW, run_id="r",
                             receipt_key="x", refresh_state="COMPLETED", refresh_detail="", parquet_sha256="",
                             workbook_sha256="", shops={}, seen=[])
            )  # fmt: skip
        parser = argparse.ArgumentParser()
        for name, default in (("--date", None), ("--days", "7"), ("--dataset", None), ("--shop", None)):
            parser.add_argument(name, default=default)
        parser.add_argument("--all", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")
        with Ledger.at(tmp_path) as ledger:
            ledger._database.write(lambda session: session.add_all(rows))
            workspace = SimpleNamespace(ledger=ledger, config=config, texts=Texts(language))
            assert show_status(cast("Any", workspace), parser.parse_args(options), NOW) == 0
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.mark.parametrize("width", [60, 80])
def test_two_hundred_shops_fit_on_a_screen(show: Show, width: int) -> None:
    troubles = {f"shop-{n:03}": (CellState.NEEDS_LOGIN, REFUSED) for n in range(0, 200, 9)}
    troubles["shop-001"] = CellState.FAILED, "https://ppzh.jd.com: the portal did not answer. Found HTTP 502."
    lines = show(200, troubles, width=width)
    assert len(lines) <= 32
    assert max(map(cell_len, lines)) <= width
    assert lines[0].startswith("Today "), "the board's sentence comes first"
    text = " ".join(" ".join(lines).split())
    assert f"jd_store {DAYS[-1]} to {DAYS[1]} (6 periods): 144 files are missing" in text
    assert text.count("credentials refused") == text.count("HTTP 502") == 1
    assert "⚿ 23 shops: 回力0号店 (shop-000), 回力9号店 (shop-009)" in text
    assert "and 15 more" in text
    assert f"{DAYS[-1]} to {DAYS[0]} (7 periods)" in text


def test_all_is_well(show: Show) -> None:
    lines = show(5, {}, width=100)
    assert "✓ 6 earlier periods are whole" in lines
    assert "why" not in lines
    (line,) = [line for line in lines if " jd_store " in line]
    assert line.split()[:5] == ["✓", "jd_store", DAYS[0], "5/5", "100"]


def test_what_is_due_and_was_never_asked_is_there(show: Show) -> None:
    lines = show(3, {}, "--date", str(date.fromisoformat(DAYS[-1]) - timedelta(days=1)))
    assert lines[0] == "Nothing was asked of that yet."
    assert any(" jd_store " in line and line.endswith("not asked") for line in lines)


def test_all_shows_each_cell_and_each_reason(show: Show) -> None:
    lines = show(60, {"shop-007": (CellState.NEEDS_LOGIN, REFUSED)}, "--all", width=200)
    assert sum(line.startswith("shop-0") for line in lines) == 60
    assert sum(line.startswith("⚿ jd_store ") for line in lines) == len(DAYS)


def test_one_shop(show: Show) -> None:
    lines = show(60, {"shop-007": (CellState.NEEDS_LOGIN, REFUSED)}, "--shop", "shop-007")
    assert sum(line.startswith("shop-0") for line in lines) == 1
    assert sum("credentials refused" in line for line in lines) == 1


def test_a_good_cell_that_was_asked_again_in_vain_is_no_failure(show: Show) -> None:
    troubles = {"shop-001": (CellState.PUBLISHED, "asked for again, and failed: HTTP 502")}
    lines = show(3, troubles)
    assert "✓ 回力1号店 (shop-001)" in lines
    assert "   published: asked for again, and failed: HTTP 502" in lines
    assert not any("needs somebody" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80])
def test_in_chinese_columns_stay_columns(show: Show, width: int) -> None:
    troubles = {f"shop-{n:03}": (CellState.NEEDS_LOGIN, REFUSED) for n in range(0, 200, 9)}
    lines = show(200, troubles, width=width, language="zh")
    assert lines[0].startswith("今天 ")
    assert "需要处理 23 家店：见下面的原因。" in lines
    assert max(map(cell_len, lines)) <= width
    (head,) = [line for line in lines if line.split() == ["数据集", "期", "店铺", "行数"]]
    row = next(line for line in lines if "177/200" in line)
    assert cell_len(head.partition("店铺")[0] + "店铺") == cell_len(row.partition("177/200")[0] + "177/200")
    assert f"◔ jd_store {DAYS[-1]} 至 {DAYS[1]}（6 期）：缺 138 份" in lines


def test_each_cell_in_chinese(show: Show) -> None:
    lines = show(3, {"shop-001": (CellState.NEEDS_LOGIN, REFUSED)}, "--all", width=200, language="zh")
    assert any(line.split()[:3] == ["shop-001", "⚿", "待登录"] for line in lines)
    assert sum("：待登录：" in line for line in lines) == len(DAYS)
