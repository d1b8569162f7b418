"""A spider's or a dataset's name, whichever a person has in mind."""

from __future__ import annotations

import argparse

import pytest
from scrapy.utils.project import get_project_settings
from shipped_config import load_shipped_config

from shopdata.actions.names import as_dataset, as_datasets, as_spider
from shopdata.arguments import read_days
from shopdata.crawling.spider_loader import PlatformSpiderLoader
from shopdata.exceptions import ArgumentError

CONFIG = load_shipped_config()
LOADER = PlatformSpiderLoader.from_settings(get_project_settings())


@pytest.mark.parametrize(
    ("name", "arguments", "found"),
    [
        ("jd_store", {"date": "2026-03-01"}, ("jd_store", {"date": "2026-03-01"})),
        ("pdd_kpi", {}, ("pdd_kpi", {})),
        ("pdd_kpi", {"period": "week"}, ("pdd_kpi", {"period": "week"})),
        ("pdd_kpi_days", {}, ("pdd_kpi", {"period": "day"})),
        ("pdd_kpi_weekly", {"shops": "one"}, ("pdd_kpi", {"shops": "one", "period": "week"})),
        ("pdd_kpi_monthly", {"period": "month"}, ("pdd_kpi", {"period": "month"})),
    ],
)
def test_what_is_collected(name: str, arguments: dict[str, str], found: tuple[str, dict[str, str]]) -> None:
    assert as_spider(LOADER, name, arguments) == found


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("pdd_kpi_days", {"period": "week"}, "each period of 'pdd_kpi_days' is a day"),
        ("pdd_kpi_dayly", {}, "no spider 'pdd_kpi_dayly', and no dataset. .* Did you mean `pdd_kpi_days`"),
        ("pdd", {}, "no spider 'pdd', and no dataset"),
    ],
)
def test_what_can_not_be_collected(name: str, arguments: dict[str, str], sentence: str) -> None:
    with pytest.raises(ArgumentError, match=sentence):
        as_spider(LOADER, name, arguments)


def test_datasets() -> None:
    assert as_datasets(CONFIG, "pdd_kpi") == ("pdd_kpi_days", "pdd_kpi_weekly", "pdd_kpi_monthly")
    assert as_datasets(CONFIG, "pdd_kpi_days") == ("pdd_kpi_days",)
    assert as_dataset(CONFIG, "jd_store") == "jd_store"
    with pytest.raises(ArgumentError, match="Expected pdd_kpi_days or pdd_kpi_weekly or pdd_kpi_monthly"):
        as_dataset(CONFIG, "pdd_kpi")
    with pytest.raises(ArgumentError, match=r"there is no dataset 'jd_stor'.*Did you mean `jd_store`\?"):
        as_dataset(CONFIG, "jd_stor")


@pytest.mark.parametrize(
    ("start", "end", "todo"),
    [(None, "2026-03-01", "Add `--start YYYY-MM-DD`."), ("2026-03-01", None, "Add `--end YYYY-MM-DD`.")],
)
def test_a_day_that_is_missing(start: str | None, end: str | None, todo: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read_days(CONFIG.dataset("jd_store"), argparse.Namespace(date=None, start=start, end=end))
    assert caught.value.todo == todo
