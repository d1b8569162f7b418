"""`scrapy status` where there is nothing to tell yet, and where it was asked wrongly. (What it tells: tests/crawl.)"""

from __future__ import annotations

import pytest
from workplace import Workplace

pytestmark = pytest.mark.services


def test_before_the_first_run(place: Workplace) -> None:
    run = place.scrapy("status")
    assert run.code == 0
    assert run.out == "Nothing was asked yet. Begin with `scrapy crawl`.\n"
    assert place.status() == {"cells": [], "partitions": []}


def test_a_day_that_is_none(place: Workplace) -> None:
    run = place.scrapy("status", "--date", "yesterday")
    assert run.code == 2
    assert "this is not a date" in run.err
    assert "Traceback" not in run.text


def test_a_ledger_that_is_broken(place: Workplace) -> None:
    place.state_dir.mkdir()
    (place.state_dir / "ledger.sqlite3").write_bytes(b"this is no database" * 100)
    run = place.scrapy("status")
    assert run.code == 2
    assert "ledger.sqlite3" in run.err
    assert "Traceback" not in run.text
