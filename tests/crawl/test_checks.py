"""A doubtful file is asked for again before anybody is told; what stays doubtful is published with a mark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
import yaml
from workplace import Workplace

from sandbox.faults import Fault
from shopdata.checks.facts import Facts
from shopdata.checks.verdicts import FILLED_PERIODS
from shopdata.ledger import CellKey, Ledger, RawFile
from shopdata.ledger.checked_files import DoubtState
from shopdata.periods import SHANGHAI, today
from shopdata.store.keys import raw_key

pytestmark = pytest.mark.services

DAY, NEXT = today() - timedelta(days=2), today() - timedelta(days=1)
HEALS, STAYS, GOOD = "sandbox-01", "sandbox-02", "sandbox-03"
ROWS = 60


def remember(
    place: Workplace, dataset: str, platform: str, shops: list[str], rows: int, until: date = DAY, filled: str = ""
) -> None:
    """The ledger of somebody who has collected for three weeks up to a day; with a column that was always filled."""
    with Ledger.at(place.state_dir) as ledger:
        for back in range(1, 22):
            day = until - timedelta(days=back)
            for shop in shops:
                key = CellKey(dataset, str(day), shop)
                raw = RawFile(
                    key=raw_key(platform, dataset, str(day), shop, "xlsx"),
                    sha256=f"{back:064x}",
                    bytes=1000,
                    ext="xlsx",
                    rows=rows,
                    fetched_at=datetime.now(SHANGHAI),
                    in_store=True,
                )
                ledger.add_cells(platform, [key])
                ledger.settle(key, raw.state, raw=raw)
                if filled and back <= FILLED_PERIODS:
                    ledger.checked.keep_facts(key, raw.sha256, Facts(rows, filled={filled: rows}).as_json(), "ok")


def orders(place: Workplace, day: date = DAY) -> dict[str, int]:
    """How many reports of a day the portal was asked to make, by shop."""
    return {shop: days[str(day)] for shop, days in place.sandbox.counters().jobs.items() if str(day) in days}


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=3, rows=ROWS, pdd_shops=0)
    place.sign_in(HEALS, STAYS, GOOD)
    remember(place, "jd_store", "jd", [HEALS, STAYS, GOOD], ROWS)
    return place


@contextmanager
def ledger_of(place: Workplace) -> Iterator[Ledger]:
    with Ledger.at(place.state_dir) as ledger:
        yield ledger


def cells(place: Workplace, day: date = DAY) -> dict[str, dict[str, Any]]:
    return {cell["shop"]: cell for cell in place.status()["cells"] if cell["dt"] == str(day)}


def contract_in_bucket(place: Workplace) -> dict[str, Any]:
    with place.objects() as objects:
        contract: dict[str, Any] = yaml.safe_load(objects.get_bytes("contracts/jd/jd_store.odcs.yaml"))
    return contract


def test_a_cut_file_is_asked_for_again_and_nobody_hears_of_it(place: Workplace) -> None:
    place.sandbox.set_fault(HEALS, Fault.FIRST_PAGE_ONLY, times=1)
    place.sandbox.set_fault(STAYS, Fault.FIRST_PAGE_ONLY)
    first = place.crawl(f"date={DAY}")
    assert first.code == 1, first.text
    found = cells(place)
    assert {shop: cell["state"] for shop, cell in found.items()} == {
        HEALS: "not_ready",
        STAYS: "not_ready",
        GOOD: "published",
    }
    assert found[STAYS]["code"] == "few_rows"
    assert (found[STAYS]["params"]["rows"], found[STAYS]["params"]["usual"]) == (6, ROWS)
    assert contract_in_bucket(place)["schema"][0]["quality"][1]["implementation"] == {
        "check": "rows",
        "action": "ask_again",
    }
    receipt = place.receipt(str(DAY))
    assert [shop["id"] for shop in receipt["shops"]] == [GOOD]
    assert {shop["id"] for shop in receipt["missing"]} == {HEALS, STAYS}
    assert orders(place) == {HEALS: 1, STAYS: 1, GOOD: 1}

    second = place.crawl(f"date={DAY}")
    assert second.code == 0, second.text
    assert set(place.states(str(DAY)).values()) == {"published"}
    assert orders(place) == {HEALS: 2, STAYS: 2, GOOD: 1}
    receipt = place.receipt(str(DAY))
    assert {shop["id"]: shop["rows"] for shop in receipt["shops"]} == {HEALS: ROWS, STAYS: 6, GOOD: ROWS}
    (warning,) = [entry for entry in receipt["warnings"] if entry["kind"] == "few_rows"]
    assert (warning["shop"], warning["count"], warning["confirmed"]) == (STAYS, 6, True)
    assert receipt["checks"] == {"judged": 3, "learning": 0, "doubtful": 1}
    with place.objects() as objects:
        path = place.folder / "merged.xlsx"
        objects.get_file(receipt["workbook"]["key"], path)
    notes = [row for row in openpyxl.load_workbook(path)["说明"].iter_rows(values_only=True) if row[0]]
    assert any("few rows: 6" in str(cell) for row in notes for cell in row)

    third = place.crawl(f"date={DAY}")
    assert third.code == 0, third.text
    assert orders(place) == {HEALS: 2, STAYS: 2, GOOD: 1}
    with ledger_of(place) as ledger:
        states = {doubt.shop: doubt.state for doubt in ledger.checked.doubts("jd_store", [str(DAY)])}
    assert states == {HEALS: DoubtState.HEALED, STAYS: DoubtState.CONFIRMED}
    assert not list(place.state_dir.glob("doubtful/**/*.*"))


def test_a_held_file_waits_for_a_person_and_what_repeats_the_day_before_is_asked_again(place: Workplace) -> None:
    place.edit("datasets/jd_store.yaml", lambda dataset: dataset["checks"]["rows"].update(action="hold"))
    place.sandbox.clear_faults()
    place.sandbox.set_fault(HEALS, Fault.YESTERDAYS_FILE, times=1)
    place.sandbox.set_fault(STAYS, Fault.FIRST_PAGE_ONLY)
    place.sandbox.set_fault(GOOD, Fault.DOUBLED_ROWS)
    first = place.crawl(f"date={NEXT}")
    assert first.code == 1, first.text
    found = cells(place, NEXT)
    assert {shop: (cell["state"], cell["code"]) for shop, cell in found.items()} == {
        HEALS: ("not_ready", "same_file"),
        STAYS: ("not_ready", "few_rows"),
        GOOD: ("published", ""),
    }
    printed = place.scrapy("contract", "jd_store", **dict.fromkeys(place.sandbox.environment()))
    assert printed.code == 0, printed.text
    assert contract_in_bucket(place) == yaml.safe_load(printed.out)
    assert contract_in_bucket(place)["schema"][0]["quality"][1]["implementation"]["action"] == "hold"
    (doubled,) = place.receipt(str(NEXT))["warnings"]
    assert (doubled["shop"], doubled["kind"], doubled["count"]) == (GOOD, "double_keys", 1)
    assert "confirmed" not in doubled

    second = place.crawl(f"date={NEXT}")
    assert second.code == 1, second.text
    found = cells(place, NEXT)
    assert {shop: cell["state"] for shop, cell in found.items()} == {
        HEALS: "published",
        STAYS: "rejected",
        GOOD: "published",
    }
    assert found[STAYS]["code"] == "few_rows"
    assert orders(place, NEXT) == {HEALS: 2, STAYS: 2, GOOD: 1}

    told = place.scrapy("accept", "jd_store", "--date", str(NEXT), "--shops", STAYS)
    assert told.code == 0, told.text
    assert STAYS in told.out
    assert set(place.states(str(NEXT)).values()) == {"published"}
    assert orders(place, NEXT) == {HEALS: 2, STAYS: 2, GOOD: 1}
    (warning,) = [entry for entry in place.receipt(str(NEXT))["warnings"] if entry["shop"] == STAYS]
    assert warning["confirmed"]
    assert "let through by" in warning["text"]
    with ledger_of(place) as ledger:
        (act,) = ledger.acts.latest(5)
        assert (act.code, act.target, act.via) == ("accept", "jd_store", "command")
        assert act.params == {"dt": str(NEXT), "shop": STAYS}
        assert act.user
    assert place.scrapy("accept", "jd_store", "--date", str(NEXT), "--shops", STAYS).code == 0
    assert place.crawl(f"date={NEXT}").code == 0


def test_what_a_limit_would_have_asked(place: Workplace) -> None:
    def questions(*options: str) -> list[tuple[str, str, str]]:
        run = place.scrapy("checks", "jd_store", "--days", "30", "--json", *options)
        assert run.code == 0, run.text
        told = json.loads(run.out)
        assert told["files"] == 3 * 23
        return [(q["dt"], q["shop"], found["kind"]) for q in told["questions"] for found in q["found"]]

    assert questions() == [
        (str(DAY), STAYS, "few_rows"),
        (str(NEXT), STAYS, "few_rows"),
        (str(NEXT), GOOD, "double_keys"),
    ]
    assert questions("--drop", "0.95") == [(str(NEXT), GOOD, "double_keys")]
    shown = place.scrapy("checks", "jd_store")
    assert shown.code == 0, shown.text
    assert "few rows: 6; on " in shown.out
    assert place.scrapy("checks", "jd_store", "--drop", "2").code == 2
