"""`scrapy service log`: a run may be named by what it collects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings

from shopdata.actions.service import log_of
from shopdata.exceptions import ArgumentError
from shopdata.service.crawls import Crawl, Crawls
from shopdata.service.options import ServiceOptions


def test_the_latest_run_of_a_dataset(tmp_path: Path) -> None:
    options, began = ServiceOptions(state_dir=tmp_path), datetime(2026, 3, 1, tzinfo=UTC)
    options.folder.mkdir(parents=True)
    crawls = Crawls(options.folder)
    for number, arguments in enumerate(({"period": "week"}, {"period": "week"}, {"period": "day"}, {})):
        job = f"run-{number}"
        moment = began + timedelta(hours=number)
        crawls.put(Crawl(job=job, project="shopdata", spider="pdd_kpi", arguments=arguments, started_at=moment))
        crawls.end(job, 0)
        log = options.logs / "shopdata" / "pdd_kpi" / f"{job}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(job, "utf-8")
    settings = get_project_settings()
    assert log_of(options, "pdd_kpi_weekly", settings).stem == "run-1"
    assert log_of(options, "pdd_kpi_days", settings).stem == "run-3"
    assert log_of(options, "run-2", settings).stem == "run-2"
    for name in ("pdd_kpi_monthly", "pdd_kpi_year"):
        with pytest.raises(ArgumentError, match=f"there is no log of {name}"):
            log_of(options, name, settings)
