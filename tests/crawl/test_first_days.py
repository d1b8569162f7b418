"""The first day, the same day again, and the next morning: from sign-in to what other programs read in the lake.

The shops bear names that would like to be paths, formulas, mark-up or breaks.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import lake_readers
import pytest
from lake_readers import COLUMNS
from workplace import Run, Workplace, crawl_command

from sandbox import EVERY_SHOP, Counters, Fault, Record

pytestmark = [pytest.mark.browser, pytest.mark.services]

Table = tuple[list[lake_readers.Cell], list[list[lake_readers.Cell]]]

FIRST, NEXT = date(2026, 3, 1), date(2026, 3, 2)
ROWS = 30
REQUESTS_PER_SECOND = 5
NAMES = (
    "../../etc/passwd",
    "=cmd|'/C calc'!A0",
    "第一行  第二行",
    "a/b\\c \"d\" 'e' [bold]f[/bold] %s {0}",
    "<script>alert(1)</script> & Söhne",
    "长" * 300,
)


@dataclass
class Morning:
    """One run, and what the portals saw of it."""

    run: Run
    records: list[Record]
    counters: Counters


@dataclass
class Days:
    place: Workplace
    first: Morning
    again: Morning
    next: Morning


@pytest.fixture(scope="module")
def days(make_workplace: Callable[..., Workplace]) -> Days:
    place = make_workplace(
        shops=len(NAMES),
        shop_names=NAMES,
        rows=ROWS,
        slow_seconds=0.4,
        requests_per_second=REQUESTS_PER_SECOND,
        poll_every_seconds=0.02,
    )

    def morning(*arguments: str, **variables: str | None) -> Morning:
        place.sandbox.clear_records()
        run = place.crawl(*arguments, **variables)
        return Morning(run, place.sandbox.records(), place.sandbox.counters())

    # No report is there before the browser has gone, however long a busy machine takes for that.
    place.sandbox.set_fault(EVERY_SHOP, Fault.REPORT_HELD)
    run = place.start(*crawl_command(f"date={FIRST}", "--set=STATS_DUMP=1", "-Ofirst.csv"))
    run.wait_until(lambda: len(place.sandbox.counters().jobs) == len(NAMES))
    run.wait_until(lambda: not any(map(is_browser, run.look())))
    place.sandbox.clear_faults()
    run.wait()
    first = Morning(run, place.sandbox.records(), place.sandbox.counters())
    again = morning(f"date={FIRST}", "-Oagain.json", "-Oagain.csv")
    # Who needs a browser now will not find one.
    place.sandbox.set_fault(EVERY_SHOP, Fault.SLOW, at="create")
    next_day = morning(f"date={NEXT}", SHOPDATA_BROWSER_PATH=str(place.folder / "no-browser-here"))
    return Days(place, first, again, next_day)


def is_browser(program: str) -> bool:
    return program.startswith(("node", "chrom", "headless_shell"))


class TestFirstRun:
    def test_all_is_published(self, days: Days) -> None:
        assert days.first.run.code == 0, days.first.run.text
        assert set(days.place.states("2026-03-01").values()) == {"published"}

    def test_every_shop_signs_in_once_in_both_forms(self, days: Days) -> None:
        assert days.first.counters.logins == {shop.id: 1 for shop in days.place.shops}
        assert days.first.counters.refused_logins == {}
        old_forms = [record for record in days.first.records if record.path == "/login/frame"]
        assert len(old_forms) == len(NAMES) / 2

    def test_every_shop_has_its_own_browser_context_in_one_browser(self, days: Days) -> None:
        assert f"'playwright/context_count': {len(NAMES)}," in days.first.run.err
        assert "'playwright/browser_count': 1," in days.first.run.err

    def test_browser_and_plain_requests_look_like_one_client(self, days: Days) -> None:
        (user_agent,) = {record.user_agent for record in days.first.records}
        assert "Headless" not in user_agent
        assert "Scrapy" not in user_agent

    def test_the_browser_is_gone_before_the_reports_are_there(self, days: Days) -> None:
        assert any(map(is_browser, days.first.run.programs()))
        last_file = max(record.started for record in days.first.records if record.host == "storage")
        after = [names for when, names in days.first.run.sightings if when > last_file]
        assert [name for names in after for name in names if is_browser(name)] == []
        assert days.first.run.survivors() == []

    def test_one_report_job_and_one_download_for_each_shop(self, days: Days) -> None:
        assert days.first.counters.jobs == {shop.id: {"2026-03-01": 1} for shop in days.place.shops}
        assert days.first.counters.downloads == {shop.id: 1 for shop in days.place.shops}

    def test_says_where_the_result_is(self, days: Days) -> None:
        assert "180 rows of 6 shops published, 0 missing" in days.first.run.err
        assert "merged/jd/jd_store/jd_store_2026-03-01.xlsx" in days.first.run.err

    @pytest.mark.parametrize("name", ["first.csv", "again.csv", "again.json"])
    def test_an_export_says_where_the_published_rows_lie(self, days: Days, name: str) -> None:
        """Also of a day that was published before, and nobody was asked for."""
        file = days.place.folder / name
        text = file.read_text("utf-8")
        (place,) = json.loads(text) if name.endswith("json") else csv.DictReader(text.splitlines())
        told = (place["dataset"], place["dt"], str(place["rows"]), str(place["shops"]), str(place["missing"]))
        assert told == ("jd_store", str(FIRST), "180", "6", "0")
        bucket = f"s3://{days.place.store.bucket}/"
        keys = {place[kind].removeprefix(bucket) for kind in ("workbook", "parquet", "receipt")}
        assert keys <= days.place.stored_keys()
        assert Path(place["on_disk"]).is_file()
        if os.name == "posix":
            assert file.stat().st_mode & 0o777 == 0o644, "a file that somebody has asked for by name"


class TestPace:
    @pytest.mark.parametrize("name", ["first", "next"])
    def test_one_request_of_a_shop_at_a_time(self, days: Days, name: str) -> None:
        morning: Morning = getattr(days, name)
        assert morning.counters.peak_by_shop == {shop.id: 1 for shop in days.place.shops}

    @pytest.mark.parametrize("name", ["first", "next"])
    def test_starts_are_kept_apart(self, days: Days, name: str) -> None:
        morning: Morning = getattr(days, name)
        for shop in days.place.shops:
            starts = [record.started for record in morning.records if record.is_paced and record.shop_id == shop.id]
            # All of them together: a single start that a busy machine delays comes closer to the one after it.
            least = (len(starts) - 1) / REQUESTS_PER_SECOND
            assert len(starts) > 3
            assert starts[-1] - starts[0] > 0.75 * least

    def test_shops_are_worked_on_side_by_side(self, days: Days) -> None:
        assert days.next.counters.peak > 1


class TestInTheStore:
    def test_keys_are_exactly_those_of_the_contract(self, days: Days) -> None:
        shops = [shop.id for shop in days.place.shops]
        expected = {f"raw/jd/jd_store/dt={day}/{shop}.xlsx" for shop in shops for day in (FIRST, NEXT)}
        for day in (FIRST, NEXT):
            expected |= {
                f"merged/jd/jd_store/jd_store_{day}.xlsx",
                f"ods/jd/jd_store/dt={day}/jd_store.parquet",
                f"receipts/jd/jd_store/dt={day}.json",
            }
        assert days.place.stored_keys() == expected | {"contracts/jd/jd_store.odcs.yaml"}

    def test_no_path_knows_a_display_name(self, days: Days) -> None:
        names = [path.name for path in days.place.folder.rglob("*")]
        assert [name for name in names if not name.isascii() or "passwd" in name or "script" in name] == []

    def test_the_outbox_is_empty(self, days: Days) -> None:
        assert [path for path in (days.place.state_dir / "raw").rglob("*") if path.is_file()] == []
        assert [path for path in (days.place.state_dir / "incoming").rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("day", [FIRST, NEXT], ids=str)
    def test_receipt(self, days: Days, day: date) -> None:
        receipt = days.place.receipt(str(day))
        shops = days.place.shops
        with days.place.objects() as store:
            raw = {shop.id: store.get_bytes(f"raw/jd/jd_store/dt={day}/{shop.id}.xlsx") for shop in shops}
            parquet = store.get_bytes(f"ods/jd/jd_store/dt={day}/jd_store.parquet")
            workbook = store.get_bytes(f"merged/jd/jd_store/jd_store_{day}.xlsx")
        told = {name: receipt[name] for name in ("dataset", "platform", "dt", "rows", "columns", "missing")}
        assert told == {
            "dataset": "jd_store",
            "platform": "jd",
            "dt": str(day),
            "rows": ROWS * len(shops),
            "columns": COLUMNS,
            "missing": [],
        }
        assert receipt["run_id"]
        assert [{name: value for name, value in shop.items() if name != "fetched_at"} for shop in receipt["shops"]] == [
            {
                "id": shop.id,
                "name": shop.name,
                "rows": ROWS,
                "raw_key": f"raw/jd/jd_store/dt={day}/{shop.id}.xlsx",
                "sha256": hashlib.sha256(raw[shop.id]).hexdigest(),
                "bytes": len(raw[shop.id]),
            }
            for shop in shops
        ]
        assert receipt["parquet"] == {
            "key": f"ods/jd/jd_store/dt={day}/jd_store.parquet",
            "sha256": hashlib.sha256(parquet).hexdigest(),
            "bytes": len(parquet),
            "rows": ROWS * len(shops),
        }
        sheets = receipt["workbook"].pop("sheets")
        assert isinstance(sheets, list)
        assert sheets
        assert receipt["workbook"] == {
            "key": f"merged/jd/jd_store/jd_store_{day}.xlsx",
            "sha256": hashlib.sha256(workbook).hexdigest(),
            "bytes": len(workbook),
            "rows": ROWS * len(shops),
        }
        assert set(receipt["refresh"]) == {"state", "detail"}
        times = [receipt["published_at"], *(shop["fetched_at"] for shop in receipt["shops"])]
        assert all(datetime.fromisoformat(time).utcoffset() is not None for time in times)


@pytest.mark.parametrize("day", [FIRST, NEXT], ids=str)
class TestReadByOthers:
    @pytest.mark.parametrize("read", [lake_readers.read_by_pyarrow, lake_readers.read_by_duckdb])
    def test_parquet(self, days: Days, day: date, read: Callable[..., Table]) -> None:
        header, rows = read(days.place.store, day)
        assert header == COLUMNS
        assert rows == lake_readers.as_parquet(lake_readers.sent(days.place.sandbox, day))

    @pytest.mark.parametrize("read", [lake_readers.read_by_openpyxl, lake_readers.read_by_calamine])
    def test_workbook(self, days: Days, day: date, read: Callable[[bytes], Table]) -> None:
        with days.place.objects() as store:
            header, rows = read(store.get_bytes(f"merged/jd/jd_store/jd_store_{day}.xlsx"))
        expected = lake_readers.as_workbook(lake_readers.sent(days.place.sandbox, day))
        assert header == COLUMNS
        assert rows == expected
        # 1 == "1" is false in Python, but 1 == True: a number must not have become something that is merely equal.
        assert [[isinstance(cell, str) for cell in row] for row in rows] == [
            [isinstance(cell, str) for cell in row] for row in expected
        ]

    def test_the_local_copy_is_the_published_workbook(self, days: Days, day: date) -> None:
        local = days.place.state_dir / "merged" / "jd_store" / f"jd_store_{day}.xlsx"
        with days.place.objects() as store:
            assert local.read_bytes() == store.get_bytes(f"merged/jd/jd_store/jd_store_{day}.xlsx")


class TestSameDayAgain:
    def test_nothing_is_asked(self, days: Days) -> None:
        assert days.again.run.code == 0, days.again.run.text
        assert days.again.records == []

    def test_no_browser_and_no_driver(self, days: Days) -> None:
        assert days.again.run.sightings
        assert not any(map(is_browser, days.again.run.programs()))

    def test_says_so(self, days: Days) -> None:
        assert "all was published before, nothing was asked" in days.again.run.err


class TestNextMorning:
    def test_all_is_published(self, days: Days) -> None:
        assert days.next.run.code == 0, days.next.run.text
        assert set(days.place.states("2026-03-02").values()) == {"published"}

    def test_saved_sessions_need_no_sign_in(self, days: Days) -> None:
        assert days.next.counters.logins == {}
        assert {record.host for record in days.next.records} == {"gateway", "report", "storage"}

    def test_no_browser_and_no_driver(self, days: Days) -> None:
        assert days.next.run.sightings
        assert not any(map(is_browser, days.next.run.programs()))

    def test_the_first_day_stays_as_it_was(self, days: Days) -> None:
        receipt = days.place.receipt(str(FIRST))
        assert receipt["run_id"] in days.first.run.err


class TestStatus:
    def test_json_has_the_form_of_the_contract(self, days: Days) -> None:
        status = days.place.status()
        assert set(status) == {"cells", "partitions"}
        for cell in status["cells"]:
            reason = {"reason", "code", "params"}
            assert set(cell) == {"dataset", "dt", "shop", "state", "rows", "attempts", "updated_at"} | reason
            assert (cell["dataset"], cell["rows"], cell["attempts"], cell["reason"]) == ("jd_store", ROWS, 1, "")
            assert datetime.fromisoformat(cell["updated_at"]).utcoffset() is not None
        assert {(cell["dt"], cell["shop"]) for cell in status["cells"]} == {
            (str(day), shop.id) for day in (FIRST, NEXT) for shop in days.place.shops
        }
        rows = ROWS * len(NAMES)
        assert status["partitions"] == [
            {"dataset": "jd_store", "dt": str(day), "rows": rows, "published": len(NAMES), "missing": []}
            for day in (FIRST, NEXT)
        ]

    def test_of_one_day(self, days: Days) -> None:
        status = days.place.status("--date", str(NEXT))
        assert {entry["dt"] for entry in status["cells"] + status["partitions"]} == {str(NEXT)}

    def test_of_a_day_that_was_never_asked(self, days: Days) -> None:
        assert days.place.status("--date", "2020-01-01") == {"cells": [], "partitions": []}

    def test_for_people(self, days: Days) -> None:
        run = days.place.scrapy("status", "--all", COLUMNS="200")
        assert run.code == 0
        assert "2026-03-01" in run.out
        assert run.out.count("published") >= len(NAMES)
        with pytest.raises(json.JSONDecodeError):
            json.loads(run.out)
