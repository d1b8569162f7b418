"""`scrapy status` where there is nothing to tell yet, and where it was asked wrongly. (What it tells: tests/crawl.)"""

from __future__ import annotations

import re

import pytest
from workplace import Workplace

pytestmark = pytest.mark.services


def test_before_the_first_run(place: Workplace) -> None:
    run = place.scrapy("status")
    assert run.code == 0
    assert run.out.startswith("Nothing was asked yet. Begin with `scrapy crawl`.\n")
    assert re.search(r"jd_store +\S+ +0/2 +–  ", run.out), "what is due is there, asked or not"
    assert place.status() == {"cells": [], "partitions": []}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--date", "yesterday"], "this is not a date", id="a day that is none"),
        pytest.param(["--days", "0"], "invalid number of days", id="no days"),
        pytest.param(["--shop", "sandbox-1"], "Did you mean 'sandbox-01'?", id="misspelt shop"),
        pytest.param(["--dataset", "jd_stock"], "Did you mean 'jd_store'?", id="misspelt dataset"),
        pytest.param(["--dates=2026-03-01"], "--dates: this option is not known", id="misspelt option"),
        pytest.param(["2026-03-01"], "2026-03-01: this command takes options only", id="no option"),
    ],
)
def test_refused(place: Workplace, arguments: list[str], sentence: str) -> None:
    run = place.scrapy("status", *arguments)
    assert run.code == 2
    assert sentence in run.err
    assert "Traceback" not in run.text


def test_a_configuration_that_is_broken_hides_no_ledger(place: Workplace) -> None:
    (place.config_dir / "shops.yaml").unlink()
    run = place.scrapy("status", "--dataset", "jd_store")
    assert run.code == 2, "without ledger and configuration nothing is known of it"
    assert place.scrapy("status").code == 0


def test_a_ledger_that_is_broken(place: Workplace) -> None:
    place.state_dir.mkdir()
    (place.state_dir / "ledger.sqlite3").write_bytes(b"this is no database" * 100)
    run = place.scrapy("status")
    assert run.code == 2
    assert "ledger.sqlite3" in run.err
    assert "Traceback" not in run.text
