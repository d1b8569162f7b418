"""What a run was asked for, in words."""

from __future__ import annotations

import pytest
from board_world import NEEDED, REPO

from shopdata.config import load_config
from shopdata.service.board.asked import asked
from shopdata.wording import Texts

NAMES = {"jd-1": "回力店", "jd-2": "南极人店"}


@pytest.mark.parametrize(
    ("dataset", "arguments", "chinese"),
    [
        ("jd_store", {}, "京东供应链库存|"),
        ("jd_store", {"date": "2026-11-23", "_job": "x"}, "京东供应链库存|2026-11-23"),
        ("jd_store", {"start": "2026-10-01", "end": "2026-10-31"}, "京东供应链库存|2026-10-01 至 2026-10-31（31 期）"),
        (
            "jd_store",
            {"periods": "2026-11-20, 2026-11-18,2026-11-19"},
            "京东供应链库存|2026-11-18 至 2026-11-20（3 期）",
        ),
        ("pdd_kpi_weekly", {"period": "week", "date": "2026-11-20"}, "拼多多客服绩效(周)|2026-11-14 至 2026-11-20"),
        ("pdd_kpi_monthly", {"period": "month", "date": "2026-10-05"}, "拼多多客服绩效(月)|2026-10-01 至 2026-10-31"),
        ("jd_store", {"shops": "jd-1, gone", "force": "1"}, "京东供应链库存|回力店、gone，重取"),
        ("jd_store", {"due": "1"}, "京东供应链库存|到时间再问的"),
        ("jd_store", {"due": "0", "force": ""}, "京东供应链库存|due=0，force="),
        ("jd_store", {"date": "soon"}, "京东供应链库存|date=soon"),
        ("jd_store", {"start": "2026-10-01"}, "京东供应链库存|start=2026-10-01"),
        ("jd_store", {"data": "2026-10-01"}, "京东供应链库存|data=2026-10-01"),
        ("", {"period": "year"}, "some_spider|period=year"),
    ],
    ids=lambda part: str(part) if isinstance(part, dict) else "",
)
def test_arguments_in_words(dataset: str, arguments: dict[str, str], chinese: str) -> None:
    contract = load_config(REPO / "pipelines_config", dict.fromkeys(NEEDED, "fake:1")).datasets.get(dataset)
    told = asked(Texts("zh"), "some_spider", arguments, dataset=dataset, contract=contract, names=NAMES)
    assert f"{told.what}|{told.which}" == chinese
