"""Each check by a crawl: many shops, each with another fault, healing or not; orders and questions are counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from test_checks import orders, remember
from workplace import Workplace

from sandbox.faults import Fault
from shopdata.periods import today

pytestmark = pytest.mark.services

DAY, NEXT = today() - timedelta(days=2), today() - timedelta(days=1)
SHIFTED, REPEATED, DOUBLED, BLANK, CUT, GOOD = SHOPS = [f"sandbox-0{number}" for number in range(1, 7)]
EMPTY_ONCE, EMPTY = "pdd-01", "pdd-02"
ROWS = 30


@pytest.fixture(scope="module")
def place(make_workplace: Callable[..., Workplace]) -> Workplace:
    place = make_workplace(shops=len(SHOPS), rows=ROWS, pdd_shops=2)
    place.sign_in(*(shop.id for shop in place.shops))
    remember(place, "jd_store", "jd", SHOPS, ROWS, filled="商品名称")
    written = {
        "pattern": {"SKU": r"^\d{5,20}$"},
        "range": {"SKU": {"min": 1}},
        "not_null": {"columns": ["商品名称"]},
        "rows": {"action": "off"},
    }
    place.edit("datasets/jd_store.yaml", lambda dataset: dataset["checks"].update(written))
    return place


def warnings_of(place: Workplace, day: date, dataset: str = "jd_store") -> dict[str, Counter[str]]:
    """By shop, how many of each kind a receipt has."""
    found: dict[str, Counter[str]] = {}
    for entry in place.receipt(str(day), dataset)["warnings"]:
        found.setdefault(entry["shop"], Counter())[entry["kind"]] += 1
    return found


def test_each_fault_is_found_by_its_check_and_good_files_by_none(place: Workplace) -> None:
    before = place.crawl(f"date={DAY}")
    assert before.code == 0, before.text
    assert warnings_of(place, DAY) == {}
    place.sandbox.set_fault(SHIFTED, Fault.SHIFTED_COLUMNS)
    place.sandbox.set_fault(REPEATED, Fault.YESTERDAYS_FILE)
    place.sandbox.set_fault(DOUBLED, Fault.DOUBLED_ROWS)
    place.sandbox.set_fault(BLANK, Fault.BLANK_COLUMN)
    # Nobody asks how many rows there are: `rows` is off.
    place.sandbox.set_fault(CUT, Fault.FIRST_PAGE_ONLY)
    first = place.crawl(f"date={NEXT}")
    assert first.code == 1, first.text
    cells = {cell["shop"]: cell for cell in place.status()["cells"] if cell["dt"] == str(NEXT)}
    assert (cells[REPEATED]["state"], cells[REPEATED]["code"]) == ("not_ready", "same_file")
    # What a second answer would not change is not asked for again.
    assert orders(place, NEXT) == dict.fromkeys(SHOPS, 1)
    (waiting,) = [entry for entry in place.status()["checks"] if entry["state"] == "waiting"]
    assert (waiting["shop"], waiting["kinds"]) == (REPEATED, ["same_file"])
    second = place.crawl(f"date={NEXT}")
    assert second.code == 0, second.text
    assert orders(place, NEXT) == {**dict.fromkeys(SHOPS, 1), REPEATED: 2}
    found = warnings_of(place, NEXT)
    assert set(found) == {SHIFTED, REPEATED, DOUBLED, BLANK}
    assert found[REPEATED] == {"same_file": 1}
    assert found[DOUBLED] == {"double_keys": 1}
    assert found[SHIFTED].keys() >= {"pattern", "range"}
    assert found[BLANK] == {"less_filled": 1, "nulls": 1}
    receipt = place.receipt(str(NEXT))
    assert {entry["column"] for entry in receipt["warnings"] if entry["shop"] == BLANK} == {"商品名称"}
    assert {shop["id"]: shop["rows"] for shop in receipt["shops"]}[CUT] == ROWS // 10
    assert receipt["checks"] == {"judged": len(SHOPS), "learning": 0, "doubtful": 4}


def test_a_list_that_is_empty_though_its_total_says_so_is_asked_for_again(place: Workplace) -> None:
    day = today()
    remember(place, "pdd_quality", "pdd", [EMPTY_ONCE, EMPTY], 40, until=day)
    place.sandbox.set_fault(EMPTY_ONCE, Fault.EMPTY_TODAY, times=1)
    place.sandbox.set_fault(EMPTY, Fault.EMPTY_TODAY)
    first = place.scrapy("crawl", "pdd_quality")
    assert first.code == 1, first.text
    codes = {cell["shop"]: cell["code"] for cell in place.status()["cells"] if cell["dataset"] == "pdd_quality"}
    assert {codes[EMPTY_ONCE], codes[EMPTY]} == {"zero_rows"}
    second = place.scrapy("crawl", "pdd_quality")
    assert second.code == 0, second.text
    receipt = place.receipt(str(day), "pdd_quality")
    rows = {shop["id"]: shop["rows"] for shop in receipt["shops"]}
    assert rows[EMPTY] == 0 < rows[EMPTY_ONCE]
    assert warnings_of(place, day, "pdd_quality") == {EMPTY: Counter(zero_rows=1)}
    (warning,) = receipt["warnings"]
    assert warning["confirmed"]


def test_what_is_older_than_the_checks_is_filled_from_raw(place: Workplace) -> None:
    """A machine that knows nothing of it reads the bucket: what is in a file shows, what needs a past is learned."""
    place.sandbox.clear_records()
    other = {"SHOPDATA_STATE_DIR": str(place.folder / "another machine")}

    def questions(*options: str) -> set[tuple[str, str, str]]:
        run = place.scrapy("checks", "jd_store", "--days", "30", "--json", *options, **other)
        assert run.code == 0, run.text
        told = json.loads(run.out)
        return {(q["dt"], q["shop"], found["kind"]) for q in told["questions"] for found in q["found"]}

    assert questions() == set()
    found = questions("--from-raw")
    assert (str(NEXT), DOUBLED, "double_keys") in found
    assert (str(NEXT), SHIFTED, "pattern") in found
    assert (str(NEXT), BLANK, "nulls") in found
    assert {shop for _, shop, _ in found} == {DOUBLED, SHIFTED, BLANK}
    # It is kept, and no portal is asked.
    assert questions() == found
    assert place.sandbox.records() == []
